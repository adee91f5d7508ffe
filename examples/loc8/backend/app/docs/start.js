// A file of its own, since the Content-Security-Policy allows no script in the page.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: "none", // which would be another site
});
