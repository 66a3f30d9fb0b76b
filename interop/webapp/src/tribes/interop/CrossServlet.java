package tribes.interop;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Changes its own session and, in the same request, the one of another application ({@code to}), which includes this servlet too. */
public class CrossServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException, ServletException {
        doGet(request, response);
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException, ServletException {
        HttpSession session = request.getSession();
        Object count = session.getAttribute("crossed");
        session.setAttribute("crossed", count instanceof Integer i ? i + 1 : 1);
        if (request.getAttribute(RequestDispatcher.INCLUDE_SERVLET_PATH) != null) {
            return;
        }
        ServletContext other = getServletContext().getContext(request.getParameter("to"));
        if (other == null) {
            throw new ServletException("the other application is not to be reached");
        }
        other.getRequestDispatcher("/cross").include(request, response);
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("id", session.getId());
        Responses.json(response, answer);
    }
}
