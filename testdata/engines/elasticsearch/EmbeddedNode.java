package org.elasticsearch.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.plugins.ClasspathPluginsService;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.plugins.PluginsLoader;
import org.elasticsearch.plugins.PluginsService;
import org.elasticsearch.transport.netty4.Netty4Plugin;
import org.elasticsearch.xpack.core.XPackPlugin;
import org.elasticsearch.xpack.esql.core.plugin.EsqlCorePlugin;
import org.elasticsearch.xpack.esql.plugin.EsqlPlugin;
import org.elasticsearch.xpack.kql.KqlPlugin;
import org.elasticsearch.xpack.versionfield.VersionFieldPlugin;

/**
 * A single Elasticsearch node on a free loopback port, from library jars: {@code EmbeddedNode HOME}. The port is read
 * from HOME/logs/http.ports, which the server writes once it listens.
 *
 * <p>Why it exists: the distribution's launcher is not published as a library, and it insists on bundled plugins,
 * native libraries and bootstrap checks that a test on loopback does not need. It lives in this package because the
 * constructor of Node that takes a prepared construction is not public.
 */
public final class EmbeddedNode {
  private static final List<Class<? extends Plugin>> PLUGINS = List.of(
      Netty4Plugin.class, XPackPlugin.class, KqlPlugin.class,
      EsqlCorePlugin.class, EsqlPlugin.class, VersionFieldPlugin.class);

  private EmbeddedNode() {}

  private static final class ClasspathNode extends Node {
    ClasspathNode(Environment env) {
      super(NodeConstruction.prepareConstruction(env,
          PluginsLoader.createPluginsLoader(Set.of(), Set.of(), Map.of(), false),
          new NodeServiceProvider() {
            @Override
            PluginsService newPluginService(Environment e, PluginsLoader loader) {
              return new ClasspathPluginsService(e.settings(), e.configDir(), loader, PLUGINS);
            }
          },
          true));
    }
  }

  private static Settings settings(Path home) {
    return Settings.builder()
        .put("path.home", home.toString())
        .put("node.name", "sigmatic")
        .put("cluster.name", "sigmatic-engines")
        .put("discovery.type", "single-node")
        .put("network.host", "127.0.0.1")
        .put("http.port", "0")
        .put("transport.port", "0")
        .put("node.portsfile", true)
        .put("http.type", "netty4")
        .put("transport.type", "netty4")
        .put("xpack.security.enabled", false)
        // A test machine's disk may be nearly full, and a comparison makes many small indices.
        .put("cluster.routing.allocation.disk.threshold_enabled", false)
        .put("cluster.max_shards_per_node", 5000)
        .build();
  }

  /** Starts the node and keeps it until the process is told to end. */
  public static void main(String[] args) throws Exception {
    LogConfigurator.configureESLogging();
    Path home = Paths.get(args[0]).toAbsolutePath();
    for (String dir : List.of("config", "lib", "modules", "plugins", "data", "logs")) {
      Files.createDirectories(home.resolve(dir));
    }
    Environment env = InternalSettingsPreparer.prepareEnvironment(
        settings(home), Map.of(), home.resolve("config"), () -> "sigmatic");
    Node node = new ClasspathNode(env);
    node.start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      try {
        node.close();
      } catch (IOException e) {
        System.err.println("closing the node: " + e);
      }
    }));
    Thread.currentThread().join();
  }
}
