// SPDX-License-Identifier: Apache-2.0
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.ServiceLoader;
import java.util.concurrent.Executors;

/** Routes that a plain GET of / never visits: a class by name, a resource, plugins, a temporary file, TLS, zones. */
public class Server {
    interface Route {
        String answer() throws Exception;
    }

    static void route(HttpServer server, String path, Route route) {
        server.createContext(path, exchange -> {
            try {
                reply(exchange, exchange.getRequestURI().getPath().equals(path) ? 200 : 404, route.answer());
            } catch (Throwable problem) {
                reply(exchange, 500, problem + "\n");
            }
        });
    }

    static void reply(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    static String lazy() throws Exception {
        return Class.forName("Lazy").getMethod("text").invoke(null) + "\n";
    }

    static String resource() throws IOException {
        Properties properties = new Properties();
        try (InputStream stream = Server.class.getResourceAsStream("/messages.properties")) {
            properties.load(stream);
        }
        return properties.getProperty("greeting") + "\n";
    }

    static String plugins() {
        StringBuilder text = new StringBuilder();
        for (Plugin plugin : ServiceLoader.load(Plugin.class)) {
            text.append(plugin.name()).append("\n");
        }
        return text.toString();
    }

    static String write() throws IOException {
        Path path = Files.createTempFile("java", ".txt");
        Files.writeString(path, "written\n");
        String text = Files.readString(path);
        Files.delete(path);
        return text;
    }

    static String zone() {
        return java.time.ZonedDateTime.of(2024, 7, 1, 12, 0, 0, 0, java.time.ZoneId.of("Europe/Berlin")) + "\n";
    }

    static String tls() throws Exception {
        int roots = ((javax.net.ssl.X509TrustManager) trustManagers()[0]).getAcceptedIssuers().length;
        return (javax.net.ssl.SSLContext.getDefault() != null ? "tls" : "none") + (roots >= 0 ? "\n" : "");
    }

    static javax.net.ssl.TrustManager[] trustManagers() throws Exception {
        var factory = javax.net.ssl.TrustManagerFactory.getInstance(
            javax.net.ssl.TrustManagerFactory.getDefaultAlgorithm());
        factory.init((java.security.KeyStore) null);
        return factory.getTrustManagers();
    }

    public static void main(String[] arguments) throws Exception {
        int port = Integer.parseInt(arguments.length > 0 ? arguments[0] : "8080");
        HttpServer server = HttpServer.create(new InetSocketAddress(port), 64);
        route(server, "/", () -> "hello from java\n");
        route(server, "/lazy", Server::lazy);
        route(server, "/resource", Server::resource);
        route(server, "/plugins", Server::plugins);
        route(server, "/write", Server::write);
        route(server, "/zone", Server::zone);
        route(server, "/tls", Server::tls);
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.start();
        System.out.println("listening on " + port);
    }
}
