package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"backchannel/cmd/internal/config"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Exit codes (design.md section 4).
const (
	exitDone   = 0
	exitFailed = 1 // refused, or failed
	exitUsage  = 2 // the command was written wrongly
)

// cli is one run of the program from the command line: where it reads and writes, and what the flags before the verb say.
type cli struct {
	in         io.Reader
	out, err   io.Writer
	configFile string
	at         string
	now        func() time.Time
}

// run is the whole program for one command line. It returns the exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	c := &cli{in: in, out: out, err: errs, now: time.Now}
	root := c.newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	return c.exit(root.ExecuteContext(ctx))
}

// newRoot is the tree of all verbs.
func (c *cli) newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "backchannel",
		Short: "The mail server of a private community",
		Long: "Backchannel is the mail server of a private community: members post by email, read a weekly digest,\n" +
			"and can always reach the managers in private. One program, one database file.",
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(*cobra.Command, []string) (err error) {
			c.now, err = clock(c.at)
			return err
		},
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.PersistentFlags().StringVarP(&c.configFile, "config", "c", "config.yaml", "the file that says how this server runs")
	root.PersistentFlags().StringVar(&c.at, "at", "", "start the program's clock at this time (RFC 3339), to rehearse what will happen then")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return flagMistake(cmd, err) })
	root.AddCommand(
		c.newInit(), c.newServe(), c.newCommunity(), c.newList(), c.newMember(), c.newPassword(),
		c.newDigest(), c.newDue(), c.newHeld(), c.newLetters(), c.newRota(), c.newJam(), c.newWording(), c.newAudit(), c.newQueue(), c.newTrace(), c.newArchive(), c.newKeys(),
		c.newInspect(), c.newImport(), c.newExport(), c.newBackup(), c.newRestore(), c.newCheck(), c.newDoctor(), c.newDNS(), c.newReports(), c.newReport(), c.newVersion(),
	)
	if demo := newDemoCommand(c); demo != nil {
		root.AddCommand(demo)
	}
	root.Args = func(_ *cobra.Command, words []string) error {
		if len(words) > 0 {
			return unknownVerb(root, words[0])
		}
		return nil
	}
	root.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	return root
}

// group is a verb that only holds others: community, list …
func group(use, short string, verbs ...*cobra.Command) *cobra.Command {
	g := &cobra.Command{Use: use, Short: short}
	g.AddCommand(verbs...)
	g.Args = func(cmd *cobra.Command, words []string) error {
		if len(words) > 0 {
			return unknownVerb(cmd, words[0])
		}
		return usage(cmd, "Please say what to do: %s.", either(verbsOf(cmd)))
	}
	g.RunE = func(*cobra.Command, []string) error { return nil }
	return g
}

func verbsOf(cmd *cobra.Command) []string {
	var names []string
	for _, sub := range cmd.Commands() {
		if !sub.Hidden && sub.Name() != "help" {
			names = append(names, sub.Name())
		}
	}
	return names
}

// unknownVerb helps whoever mistyped a verb.
func unknownVerb(cmd *cobra.Command, word string) error {
	near := ""
	cmd.SuggestionsMinimumDistance = 2
	if all := cmd.SuggestionsFor(word); len(all) > 0 {
		near = " Did you mean " + all[0] + "?"
	}
	return usage(cmd, "There is no %s.%s", strings.TrimSpace(strings.TrimPrefix(cmd.CommandPath()+" "+word, "backchannel ")), near)
}

// usage is the refusal for a command written wrongly.
func usage(cmd *cobra.Command, format string, args ...any) error {
	return refusal.Because(refusal.Usage, format, args...).Try("%s --help", cmd.CommandPath())
}

// flagMistake says in our words what pflag found.
func flagMistake(cmd *cobra.Command, err error) error {
	var (
		unknown *pflag.NotExistError
		missing *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		if shorthands := unknown.GetSpecifiedShortnames(); shorthands != "" {
			return usage(cmd, "%s has no flag -%s.", cmd.CommandPath(), name)
		}
		return usage(cmd, "%s has no flag --%s.", cmd.CommandPath(), name)
	case errors.As(err, &missing):
		return usage(cmd, "The flag --%s needs a value.", missing.GetFlag().Name)
	case errors.As(err, &invalid):
		var own flagError
		if errors.As(invalid.Unwrap(), &own) {
			return usage(cmd, "%s", own.Error())
		}
		return usage(cmd, "--%s cannot be %q%s.", invalid.GetFlag().Name, invalid.GetValue(), likeness(invalid.GetFlag()))
	}
	return usage(cmd, "%s", sentence(err.Error()))
}

// likeness says what the value of a flag looks like, where its name and help alone may not.
func likeness(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "int":
		return "; it is a whole number"
	case "duration":
		return "; it is a time, like 60s or 2m"
	}
	return ""
}

// words wants one argument for each name, in order. A last name with "…" takes one or more, one in brackets none or one.
func words(names ...string) cobra.PositionalArgs {
	least, most := 0, len(names)
	for _, n := range names {
		if !strings.HasPrefix(n, "[") {
			least++
		}
		if strings.HasSuffix(n, "…") {
			most = 1 << 20
		}
	}
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usage(cmd, "%s needs %s.", cmd.CommandPath(), strings.TrimSuffix(strings.Join(names[len(args):least], " and "), "…"))
		case len(args) > most:
			return usage(cmd, "%s does not know what to do with %q.", cmd.CommandPath(), args[most])
		}
		return nil
	}
}

// exit tells what went wrong on stderr, and turns it into an exit code.
func (c *cli) exit(err error) int {
	if err == nil {
		return exitDone
	}
	var complaints config.Complaints
	r, known := refusal.As(err)
	switch {
	case errors.As(err, &complaints):
		fmt.Fprintln(c.err, complaints.Error())
		return exitFailed
	case !known:
		fmt.Fprintln(c.err, sentence(err.Error()))
		fmt.Fprintln(c.err, "try: backchannel doctor")
		return exitFailed
	}
	fmt.Fprintln(c.err, r.Sentence)
	if cause := errors.Unwrap(r); cause != nil && r.Kind.Temporary() {
		fmt.Fprintln(c.err, "because: "+cause.Error()) // the operator may know what it means
	}
	if r.Hint != "" {
		fmt.Fprintln(c.err, "try: "+r.Hint)
	}
	if r.Kind == refusal.Usage {
		return exitUsage
	}
	return exitFailed
}

// sentence makes a sentence of an error text: a capital in front, a full stop behind.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return "It did not work."
	}
	first, size := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(first)) + s[size:]
	if !strings.ContainsAny(s[len(s)-1:], ".?!") {
		s += "."
	}
	return s
}

// either writes words as people choose between them: a, b or c.
func either(all []string) string {
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], ", ") + " or " + all[len(all)-1]
}

// config reads config.yaml.
func (c *cli) config() (config.Config, error) { return config.Load(c.configFile) }

// open opens the program for one verb; the caller closes it.
func (c *cli) open(ctx context.Context) (*Program, error) {
	cfg, err := c.config()
	if err != nil {
		return nil, err
	}
	if warning := foreignRoot(cfg.Data); warning != "" {
		c.note("%s", warning)
	}
	return Open(ctx, Options{Config: cfg, Now: c.now, Log: quietLog(c.err, cfg.Log)})
}

// with opens the program, lets f work with it, and closes it.
func (c *cli) with(ctx context.Context, f func(*Program) error) (err error) {
	p, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	return f(p)
}

// say prints a line for a person.
func (c *cli) say(format string, args ...any) { fmt.Fprintf(c.out, format+"\n", args...) }

// note prints a remark beside the result, where scripts that read the result do not see it.
func (c *cli) note(format string, args ...any) { fmt.Fprintf(c.err, format+"\n", args...) }

// changed tells whether one of these flags was given.
func changed(cmd *cobra.Command, names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return cmd.Flags().Changed(n) })
}
