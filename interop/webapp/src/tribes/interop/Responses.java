package tribes.interop;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

final class Responses {
    private Responses() {
    }

    static void json(HttpServletResponse response, Object value) throws IOException {
        byte[] bytes = Json.write(value).getBytes(StandardCharsets.US_ASCII);
        response.setContentType("application/json");
        response.setContentLength(bytes.length);
        response.getOutputStream().write(bytes);
    }
}
