"""One file a protocol; each turns a request's body into the same Batch of Messages."""
