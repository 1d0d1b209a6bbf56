// What Go itself makes of templates and formats; compiled and asked by tests/golang/__init__.py.
//
//	oracle fill             a JSON object a line on stdin -> what text/template or fmt gives, a JSON object a line
//	oracle table FILE NAME  the rows of the table NAME of a Go file, a JSON list of Go expressions each;
//	                        what is a text in Go's source is {"text": ...}
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"sort"
	"strings"
	"text/template"
)

// What Prometheus hands to a template, without its own functions.
type sample struct {
	Labels map[string]string
	Value  float64
}

type queryResult []*sample

func query(text string) (queryResult, error) {
	switch text {
	case "bad":
		return nil, errors.New("bad query")
	case "none":
		return queryResult{}, nil
	case "many":
		return make(queryResult, 0, 5), nil
	}
	return queryResult{
		{Labels: map[string]string{"__name__": "m", "b": "2", "__value__": "sv"}, Value: 1.5},
		{Labels: map[string]string{"b": "1"}, Value: 2e6},
	}, nil
}

func first(result queryResult) (*sample, error) {
	if len(result) == 0 {
		return nil, errors.New("first() called on vector with no elements")
	}
	return result[0], nil
}

func label(name string, one *sample) string { return one.Labels[name] }

func byLabel(name string, result queryResult) queryResult {
	sorted := append(queryResult{}, result...)
	sort.SliceStable(sorted, func(i, j int) bool { return label(name, sorted[i]) < label(name, sorted[j]) })
	return sorted
}

func args(values ...any) map[string]any {
	named := map[string]any{}
	for at, value := range values {
		named[fmt.Sprintf("arg%d", at)] = value
	}
	return named
}

// The data of Go's own tests, as far as it is of our kinds.
type U struct{ V string }

type T struct {
	True                             bool
	I                                int
	X, S                             string
	FloatZero                        float64
	U                                *U
	SI, SIEmpty                      []int
	SB                               []bool
	MSI, MSIone, MSIEmpty, MXI       map[string]any
	SMSI                             []map[string]any
	Empty0, Empty1, Empty2, Empty3   any
	Empty4                           any
	NegOne, Three                    int
	Ptr, NilPtr                      *U
	Iface1, NilIface                 any
	Map, NonNilMap                   map[string]any
}

var tVal = &T{
	True: true, I: 17, X: "x", S: "xyz", U: &U{"v"}, SI: []int{3, 4, 5}, SIEmpty: []int{}, SB: []bool{true, false},
	MSI:    map[string]any{"one": 1, "two": 2, "three": 3},
	MSIone: map[string]any{"one": 1}, MSIEmpty: map[string]any{}, MXI: map[string]any{"one": 1},
	SMSI:   []map[string]any{{"one": 1, "two": 2}, {"eleven": 11, "twelve": 12}},
	Empty1: 3, Empty2: "empty2", Empty3: []int{7, 8}, Empty4: &U{"UinEmpty"},
	NegOne: -1, Three: 3, Ptr: &U{"v"}, Iface1: "iface1", Map: map[string]any{}, NonNilMap: map[string]any{},
}

var functions = template.FuncMap{
	"query": query, "first": first, "label": label, "sortByLabel": byLabel, "args": args,
	"value":        func(one *sample) float64 { return one.Value },
	"strvalue":     func(one *sample) string { return one.Labels["__value__"] },
	"match":        func(pattern, text string) bool { return strings.Contains(text, pattern) },
	"reReplaceAll": func(old, replacement, text string) string { return strings.ReplaceAll(text, old, replacement) },
	"toLower":      strings.ToLower,
	"toUpper":      strings.ToUpper,
	"half":         func(number float64) float64 { return number / 2 },
	"twice":        func(number int) int { return number * 2 },
	"yes":          func(truth bool) string { return fmt.Sprint("yes:", truth) },
	// From Go's own tests
	"add": func(numbers ...int) int {
		sum := 0
		for _, number := range numbers {
			sum += number
		}
		return sum
	},
	"contains": strings.Contains,
	"dddArg":   func(number int, texts ...string) string { return fmt.Sprintln(number, texts) },
	"die":      func() (bool, error) { return false, errors.New("die") },
	"echo":     func(value any) any { return value },
	"makemap": func(texts ...string) map[string]string {
		made := map[string]string{}
		for at := 0; at+1 < len(texts); at += 2 {
			made[texts[at]] = texts[at+1]
		}
		return made
	},
	"mapOfThree":  func() any { return map[string]any{"three": 3} },
	"oneArg":      func(text string) string { return "oneArg=" + text },
	"returnInt":   func() int { return 7 },
	"twoArgs":     func(one, two string) string { return "twoArgs=" + one + two },
	"typeOf":      func(value any) string { return fmt.Sprintf("%T", value) },
	"valueString": func(text string) string { return "value is ignored" },
	"zeroArgs":    func() string { return "zeroArgs" },
}

// A value as JSON: text, truth, null; {"int": 3}, {"float": "1e6"}, {"texts": {...}}, {"any": {...}}, {"go": "T"}.
func read(raw json.RawMessage) any {
	var tagged struct {
		Int   *int64
		Float *string
		Texts map[string]string
		Any   map[string]json.RawMessage
		Go    string
	}
	if json.Unmarshal(raw, &tagged) != nil {
		var plain any
		must(json.Unmarshal(raw, &plain))
		return plain
	}
	switch {
	case tagged.Int != nil:
		return int(*tagged.Int)
	case tagged.Float != nil:
		var number float64
		_, err := fmt.Sscan(*tagged.Float, &number)
		must(err)
		return number
	case tagged.Texts != nil:
		return tagged.Texts
	case tagged.Any != nil:
		values := map[string]any{}
		for name, value := range tagged.Any {
			values[name] = read(value)
		}
		return values
	case tagged.Go == "T":
		return tVal
	case tagged.Go == "result":
		result, _ := query("")
		return result
	}
	return nil
}

type question struct {
	Name, Before, Text string
	Rule               bool // the data of a rule, with `Value` as its value
	Value              json.RawMessage
	Printf             []json.RawMessage // these through fmt.Sprintf with `Text` as the format
	IsPrintf           bool
}

func answer(asked question) (kind, said string) {
	if asked.IsPrintf {
		values := []any{}
		for _, raw := range asked.Printf {
			values = append(values, read(raw))
		}
		return "out", fmt.Sprintf(asked.Text, values...)
	}
	data := read(asked.Value)
	if asked.Rule {
		data = struct {
			Labels         map[string]string
			ExternalLabels map[string]string
			ExternalURL    string
			Value          any
		}{
			map[string]string{"a": "b", "instance": "h1:90", "é": "ü"}, map[string]string{"ext": "x"}, "http://e/", data,
		}
	}
	made := template.New(asked.Name).Funcs(functions).Option("missingkey=zero")
	if _, err := made.Parse(asked.Before + asked.Text); err != nil {
		return "parse", err.Error()
	}
	var written strings.Builder
	if err := made.Execute(&written, data); err != nil {
		return "exec", err.Error()
	}
	return "out", written.String()
}

func fill() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for lines.Scan() {
		var asked question
		must(json.Unmarshal(lines.Bytes(), &asked))
		kind, said := answer(asked)
		// JSON has no bytes: what is not UTF-8 is told as hexadecimal
		if strings.ToValidUTF8(said, "") != said {
			kind, said = kind+"-hex", fmt.Sprintf("%x", said)
		}
		must(encoder.Encode(map[string]string{kind: said}))
	}
	must(lines.Err())
}

// A constant's text, where the expression is made of texts alone.
func text(expr ast.Expr) (string, bool) {
	switch expr := expr.(type) {
	case *ast.BasicLit:
		if expr.Kind == token.STRING {
			return constant.StringVal(constant.MakeFromLiteral(expr.Value, expr.Kind, 0)), true
		}
	case *ast.BinaryExpr:
		left, ok := text(expr.X)
		right, also := text(expr.Y)
		return left + right, ok && also && expr.Op == token.ADD
	case *ast.ParenExpr:
		return text(expr.X)
	}
	return "", false
}

func table(file, name string) {
	files := token.NewFileSet()
	tree, err := parser.ParseFile(files, file, nil, 0)
	must(err)
	encoder := json.NewEncoder(os.Stdout)
	ast.Inspect(tree, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != name {
			return true
		}
		for _, row := range spec.Values[0].(*ast.CompositeLit).Elts {
			cells := []any{}
			for _, cell := range row.(*ast.CompositeLit).Elts {
				if plain, ok := text(cell); ok {
					cells = append(cells, map[string]string{"text": plain})
					continue
				}
				var source strings.Builder
				must(printer.Fprint(&source, files, cell))
				cells = append(cells, source.String())
			}
			must(encoder.Encode(cells))
		}
		return false
	})
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	switch os.Args[1] {
	case "fill":
		fill()
	case "table":
		table(os.Args[2], os.Args[3])
	}
}
