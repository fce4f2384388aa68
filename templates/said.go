package templates

import (
	"regexp"
	"text/template/parse"
)

// capitals are words that a reader may have to write.
var capitals = regexp.MustCompile(`\b[A-Z]{2,}\b`)

// composed are the words of a text that say a thing whole.
var composed = speakerOf(English).words()

// said are the fields, calls, decisions and words in capitals of a text, each with how often it is there.
func said(node parse.Node) map[string]int {
	all := map[string]int{}
	var walk func(parse.Node)
	branch := func(kind string, b *parse.BranchNode) {
		all[kind]++
		walk(b.Pipe)
		walk(b.List)
		if b.ElseList != nil {
			walk(b.ElseList)
		}
	}
	walk = func(node parse.Node) {
		switch n := node.(type) {
		case *parse.ListNode:
			if n != nil {
				for _, one := range n.Nodes {
					walk(one)
				}
			}
		case *parse.TextNode:
			for _, w := range capitals.FindAllString(string(n.Text), -1) {
				all["word "+w]++
			}
		case *parse.ActionNode:
			walk(n.Pipe)
		case *parse.PipeNode:
			if n != nil {
				for _, c := range n.Cmds {
					for _, a := range c.Args {
						walk(a)
					}
				}
			}
		case *parse.FieldNode:
			all["field "+n.String()]++
		case *parse.VariableNode:
			if len(n.Ident) > 1 {
				all["field "+n.String()]++
			}
		case *parse.IdentifierNode:
			if composed[n.Ident] != nil {
				all["call "+n.Ident]++
			}
		case *parse.TemplateNode:
			all["part "+n.Name]++
			walk(n.Pipe)
		case *parse.IfNode:
			branch("if", &n.BranchNode)
		case *parse.RangeNode:
			branch("range", &n.BranchNode)
		case *parse.WithNode:
			branch("with", &n.BranchNode)
		case *parse.StringNode:
			if w := n.Text; capitals.FindString(w) == w && w != "" {
				all["word "+w]++
			}
		}
	}
	walk(node)
	return all
}
