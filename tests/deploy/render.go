// What would `helm template` write? Helm's own engine, text/template with the functions of sprig, over a chart.
//
//	render CHART RELEASE < values.json     prints each template under a line "# Source: NAME"
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"gopkg.in/yaml.v3"
)

func toYAML(value interface{}) string {
	text, err := yaml.Marshal(value)
	if err != nil {
		panic(err)
	}
	return strings.TrimSuffix(string(text), "\n")
}

func main() {
	chart, release := os.Args[1], os.Args[2]
	var given map[string]interface{}
	check(json.NewDecoder(os.Stdin).Decode(&given))

	all := template.New("chart").Option("missingkey=error")
	functions := sprig.TxtFuncMap()
	functions["toYaml"] = toYAML
	functions["fail"] = func(text string) (string, error) { return "", errors.New(text) }
	functions["include"] = func(name string, data interface{}) (string, error) {
		var out bytes.Buffer
		err := all.ExecuteTemplate(&out, name, data)
		return out.String(), err
	}
	all.Funcs(functions)

	files, err := filepath.Glob(filepath.Join(chart, "templates", "*"))
	check(err)
	sort.Strings(files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		check(err)
		_, err = all.New(filepath.Base(file)).Parse(string(text))
		check(err)
	}
	context := map[string]interface{}{
		"Values":  given["values"],
		"Chart":   given["chart"],
		"Release": map[string]interface{}{"Name": release, "Service": "Helm", "Namespace": "default"},
	}
	for _, file := range files {
		name := filepath.Base(file)
		if strings.HasPrefix(name, "_") {
			continue
		}
		var out bytes.Buffer
		check(all.ExecuteTemplate(&out, name, context))
		fmt.Printf("---\n# Source: %s\n%s\n", name, out.String())
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
