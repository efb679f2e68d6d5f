/** Whether htmx was answered by another address than the one it asked: logged out meanwhile, by the login page. */
export function isAnsweredElsewhere({ detail: { pathInfo, xhr } }) {
  const asked = new URL(pathInfo.requestPath, location.href).pathname;
  return new URL(xhr.responseURL || asked, location.href).pathname !== asked;
}
