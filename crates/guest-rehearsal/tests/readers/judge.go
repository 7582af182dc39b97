// Reads a JSON list of YAML documents, writes a JSON list of trees, or null where yaml.v3 refuses the document.
package main

import (
	"encoding/json"
	"os"

	"gopkg.in/yaml.v3"
)

func tree(node *yaml.Node) interface{} {
	switch node.Kind {
	case yaml.DocumentNode:
		return tree(node.Content[0])
	case yaml.SequenceNode:
		items := []interface{}{"-"}
		for _, item := range node.Content {
			items = append(items, tree(item))
		}
		return items
	case yaml.MappingNode:
		items := []interface{}{":"}
		for at := 0; at+1 < len(node.Content); at += 2 {
			items = append(items, []interface{}{tree(node.Content[at]), tree(node.Content[at+1])})
		}
		return items
	}
	return node.Value
}

func read(text string) (result interface{}) {
	defer func() {
		if recover() != nil {
			result = nil
		}
	}()
	var node yaml.Node
	var value interface{}
	if yaml.Unmarshal([]byte(text), &node) != nil || yaml.Unmarshal([]byte(text), &value) != nil || node.Kind == 0 {
		return nil
	}
	return tree(&node)
}

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		panic(err)
	}
	trees := []interface{}{}
	for _, text := range texts {
		trees = append(trees, read(text))
	}
	if err := json.NewEncoder(os.Stdout).Encode(trees); err != nil {
		panic(err)
	}
}
