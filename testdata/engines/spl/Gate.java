import com.teragrep.pth_03.antlr.DPLLexer;
import com.teragrep.pth_03.antlr.DPLParser;
import com.teragrep.pth_03.shaded.org.antlr.v4.runtime.BaseErrorListener;
import com.teragrep.pth_03.shaded.org.antlr.v4.runtime.CharStreams;
import com.teragrep.pth_03.shaded.org.antlr.v4.runtime.CommonTokenStream;
import com.teragrep.pth_03.shaded.org.antlr.v4.runtime.RecognitionException;
import com.teragrep.pth_03.shaded.org.antlr.v4.runtime.Recognizer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Asks the pth_03 grammar whether texts are SPL.
 *
 * <p>Standard input holds one query per line, each as a JSON string, since a query may hold newlines. For each, in
 * order, standard output gets {@code {"ok":true}} or {@code {"ok":false,"error":"LINE:COLUMN MESSAGE"}}.
 *
 * <p>Why it exists: no Splunk can be had here, so what is emitted is at least held against a grammar that others
 * wrote. It judges syntax alone, and it has known false alarms, which its Go caller knows.
 */
public final class Gate {
  private Gate() {}

  /** Keeps the first error of a parse. */
  private static final class FirstError extends BaseErrorListener {
    private String message;

    @Override
    public void syntaxError(Recognizer<?, ?> recognizer, Object symbol, int line, int column, String text,
        RecognitionException e) {
      if (message == null) {
        message = line + ":" + column + " " + text;
      }
    }
  }

  public static void main(String[] args) throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.isBlank()) {
        continue;
      }
      String error = parse(decode(line.strip()));
      out.println(error == null ? "{\"ok\":true}" : "{\"ok\":false,\"error\":" + encode(error) + "}");
    }
    out.flush();
  }

  /** Returns the first syntax error, or null. */
  private static String parse(String query) {
    FirstError errors = new FirstError();
    try {
      DPLLexer lexer = new DPLLexer(CharStreams.fromString(query));
      lexer.removeErrorListeners();
      lexer.addErrorListener(errors);
      DPLParser parser = new DPLParser(new CommonTokenStream(lexer));
      parser.removeErrorListeners();
      parser.addErrorListener(errors);
      parser.root();
    } catch (RuntimeException | StackOverflowError e) {
      return "0:0 the parser gave up: " + e;
    }
    return errors.message;
  }

  /** Reads a JSON string with its quotes. */
  private static String decode(String json) {
    if (json.length() < 2 || json.charAt(0) != '"' || json.charAt(json.length() - 1) != '"') {
      throw new IllegalArgumentException("expected a JSON string, got " + json);
    }
    StringBuilder text = new StringBuilder();
    for (int i = 1; i < json.length() - 1; i++) {
      char c = json.charAt(i);
      if (c != '\\') {
        text.append(c);
        continue;
      }
      i++;
      switch (json.charAt(i)) {
        case 'b' -> text.append('\b');
        case 'f' -> text.append('\f');
        case 'n' -> text.append('\n');
        case 'r' -> text.append('\r');
        case 't' -> text.append('\t');
        case 'u' -> {
          text.append((char) Integer.parseInt(json.substring(i + 1, i + 5), 16));
          i += 4;
        }
        default -> text.append(json.charAt(i));
      }
    }
    return text.toString();
  }

  private static String encode(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < ' ' || Character.isSurrogate(c)) {
        json.append(String.format("\\u%04x", (int) c));
      } else {
        json.append(c);
      }
    }
    return json.append('"').toString();
  }
}
