// The REST API, for what the walk needs to be there before it begins.
import assert from "node:assert/strict";

/** A caller with a tenant's token. */
export function api(base, token) {
  const root = new URL("/api/v1/", base);
  const call = async (method, path, body) => {
    const answer = await fetch(new URL(path, root), {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : undefined };
  };
  return {
    get: (path) => call("GET", path),
    post: (path, body) => call("POST", path, body),
    /** Creates a record and returns it. */
    async create(module, fields) {
      const { status, body } = await call("POST", module, fields);
      assert.equal(status, 201, `POST ${module}: ${status} ${JSON.stringify(body)}`);
      return body;
    },
  };
}
