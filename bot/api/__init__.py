"""REST under /api/v1, whose OpenAPI document is the contract, and the root that every HTTP request comes in through."""
