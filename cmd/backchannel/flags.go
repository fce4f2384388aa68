package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// flagError is what is wrong with the value of a flag, as a whole sentence.
type flagError string

func (e flagError) Error() string { return string(e) }

// onOff is a flag that says on or off.
type onOff struct{ on *bool }

// String is the value as it is typed.
func (v onOff) String() string {
	if v.on == nil || !*v.on {
		return "off"
	}
	return "on"
}

// Set reads the value.
func (v onOff) Set(s string) error {
	switch s {
	case "on":
		*v.on = true
	case "off":
		*v.on = false
	default:
		return flagError(fmt.Sprintf("A switch is on or off, not %q.", s))
	}
	return nil
}

// Type is how the flag's value is called in help.
func (onOff) Type() string { return "on|off" }

// choice is a flag with a few possible words. Its type is written in capitals in help.
type choice[T ~string] struct {
	into  *T
	words []T
	what  string
}

// String is the word chosen.
func (v choice[T]) String() string {
	if v.into == nil {
		return ""
	}
	return string(*v.into)
}

// Set takes one of the words.
func (v choice[T]) Set(s string) error {
	for _, w := range v.words {
		if string(w) == s {
			*v.into = w
			return nil
		}
	}
	return flagError(fmt.Sprintf("%s is %s, not %q.", v.what, either(v.all()), s))
}

func (v choice[T]) all() []string {
	all := make([]string, len(v.words))
	for i, w := range v.words {
		all[i] = string(w)
	}
	return all
}

// Type is how the flag's value is called in help.
func (v choice[T]) Type() string { return strings.Join(v.all(), "|") }

// oneOf makes a flag that takes one of a few words.
func oneOf[T ~string](cmd *cobra.Command, into *T, name, what, help string, words ...T) {
	cmd.Flags().Var(choice[T]{into, words, what}, name, help)
}

// jsonFlag makes the flag --json.
func jsonFlag(cmd *cobra.Command, into *bool) *cobra.Command {
	cmd.Flags().BoolVar(into, "json", false, "print JSON, for programs")
	return cmd
}

// communityFlag makes the flag --community.
func communityFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().StringVar(into, "community", "", "the community's mail domain; not needed while there is only one")
}
