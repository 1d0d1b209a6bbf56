"""Go's text/template for values of text, number, truth, map, list and struct; it knows nothing of Tocsin or Prometheus.

`parse.parse` reads a template, `execute.execute` fills it in. What Go accepts and this does not is refused when it is
read, with words that say so: complex numbers, and texts that are not UTF-8.

Read in this order: values, lexer, nodes, parse, numbers and printing (Go's fmt), builtins, execute.
"""
