"""How people say things: ordered tables of phrases, one module a family of skills."""
