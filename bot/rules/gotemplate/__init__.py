"""Go's text/template for values of text, number, truth, map, list and struct; it knows nothing of Tocsin or Prometheus.

`parse.parse` reads a template, `execute.execute` fills it in. What Go accepts, this does too.

Read in this order: values, lexer, nodes, parse, numbers and printing (Go's fmt), builtins, execute.
"""
