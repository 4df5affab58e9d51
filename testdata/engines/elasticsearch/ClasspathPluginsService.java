package org.elasticsearch.plugins;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.elasticsearch.Build;
import org.elasticsearch.common.settings.Settings;

/**
 * Loads plugins from the class path.
 *
 * <p>Why it exists: the server reads its plugins from a directory of bundles, each with its own class loader, as the
 * distribution lays them out. What is published as libraries is only the jars. Elasticsearch's own test framework
 * solves the same with a plugins service that takes classes; this is the least of that. It lives in this package
 * because the constructor and the types that it needs are not public.
 */
public class ClasspathPluginsService extends PluginsService {
  private final List<LoadedPlugin> loaded = new ArrayList<>();

  public ClasspathPluginsService(
      Settings settings, Path configDir, PluginsLoader loader, List<Class<? extends Plugin>> classes) {
    super(settings, configDir, loader);
    for (Class<? extends Plugin> c : classes) {
      loaded.add(new LoadedPlugin(descriptor(c), create(c, settings, configDir), c.getClassLoader()));
    }
    for (LoadedPlugin p : loaded) {
      if (p.instance() instanceof ExtensiblePlugin e) {
        e.loadExtensions(extensions());
      }
    }
  }

  private static PluginDescriptor descriptor(Class<? extends Plugin> c) {
    return new PluginDescriptor(c.getName(), "from the class path", "NA", Build.current().version(), "17",
        c.getName(), null, List.of(), false, false, true, false);
  }

  /** Tries the constructors that plugins may have, in the order in which the server tries them. */
  private static Plugin create(Class<? extends Plugin> c, Settings settings, Path configDir) {
    try {
      try {
        return c.getConstructor(Settings.class).newInstance(settings);
      } catch (NoSuchMethodException e) {
        // the next form
      }
      try {
        return c.getConstructor(Settings.class, Path.class).newInstance(settings, configDir);
      } catch (NoSuchMethodException e) {
        return c.getConstructor().newInstance();
      }
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot create plugin " + c.getName(), e);
    }
  }

  private ExtensiblePlugin.ExtensionLoader extensions() {
    return new ExtensiblePlugin.ExtensionLoader() {
      @Override
      @SuppressWarnings("unchecked")
      public <T> List<T> loadExtensions(Class<T> type) {
        List<T> found = new ArrayList<>();
        for (LoadedPlugin p : loaded) {
          if (type.isInstance(p.instance())) {
            found.add((T) p.instance());
          }
        }
        return found;
      }
    };
  }

  /** Is also called by the super constructor, when the list is not there yet. */
  @Override
  protected final List<LoadedPlugin> plugins() {
    return loaded == null ? List.of() : loaded;
  }

  @Override
  public <T> List<? extends T> loadServiceProviders(Class<T> service) {
    List<T> found = new ArrayList<>();
    for (T t : ServiceLoader.load(service, ClasspathPluginsService.class.getClassLoader())) {
      found.add(t);
    }
    return found;
  }
}
