"""The rules of the specifications, one module per document: pure functions without input, output or clock."""
