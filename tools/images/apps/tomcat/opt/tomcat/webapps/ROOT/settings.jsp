<%@ page contentType="text/plain" session="false" %>greeting: <%= System.getProperty("app.greeting", "none") %>
base: <%= System.getProperty("catalina.base") %>
sum: <%= 40 + 2 %>
