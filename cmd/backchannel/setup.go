package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/cmd/internal/config"
	"backchannel/lists"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

// version is what this program calls itself. The build's own record tells the exact source.
const version = "0.1.0"

func (c *cli) newInit() *cobra.Command {
	var hostname, name string
	var typed []string
	cmd := &cobra.Command{
		Use: "init DOMAIN", Short: "Write config.yaml, make keys and the first community, and print what the DNS must say", Args: words("DOMAIN"),
		Long: "Writes a commented config.yaml, makes the keys and the first community, and prints what the DNS must say.\n" +
			"What is there already is left as it is. backchannel dns prints the records again.",
	}
	cmd.Flags().StringVar(&hostname, "hostname", "", "the full name of this server; without it lists.DOMAIN")
	cmd.Flags().StringVar(&name, "name", "", "what the community is called")
	ipFlag(cmd, &typed)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ips, err := readIPs(cmd, typed)
		if err != nil {
			return err
		}
		a, err := letter.ParseAddress("postmaster@" + args[0])
		if err != nil || !strings.Contains(a.Domain, ".") {
			return refusal.Because(refusal.Invalid, "%q is no mail domain; one looks like gardeners.example.", letter.CleanLine(args[0]))
		}
		if err := c.writeConfig(hostname, a.Domain); err != nil {
			return err
		}
		kept := c.hasDatabase()
		return c.with(cmd.Context(), func(p *Program) error {
			err := p.Update(cmd.Context(), func(tx *db.Tx) error {
				_, err := lists.AddCommunity(tx, lists.Community{Domain: a.Domain, Name: name})
				return err
			})
			switch {
			case refusal.KindOf(err) == refusal.Conflict:
				c.say("The community %s is there already.", a.Domain)
			case err != nil:
				return err
			default:
				c.say("The community %s is founded.", a.Domain)
			}
			if hostname != "" && hostname != p.Config.Hostname {
				c.say("The hostname stays %s, as %s says; to change it, change it there.", p.Config.Hostname, c.configFile)
			}
			if kept {
				c.say("The keys and the database in %s are there already and stay.\n", p.Config.Data)
			} else {
				c.say("Keys and database lie in %s. Keep a copy of %s at another place.\n", p.Config.Data, p.path(keysName))
			}
			want, err := p.wanted(a.Domain, ips)
			if err != nil {
				return err
			}
			c.sayDNS(a.Domain, want.Records())
			if p.Config.Relay.Mode == config.Outbox {
				c.say("\nIf your mail will leave through a provider (relay.mode smarthost), set that in %s and run backchannel dns %s again: the record\nthat begins with v=spf1 then names the provider.", c.configFile, a.Domain)
			}
			c.say("\nWhat to do next:\n  backchannel list add talk@%s\n  backchannel member add YOUR-ADDRESS --name YOUR-NAME --role manager\n  backchannel doctor\n  backchannel serve", a.Domain)
			return nil
		})
	}
	return cmd
}

// hasDatabase tells whether there is a database already.
func (c *cli) hasDatabase() bool {
	cfg, err := c.config()
	if err != nil {
		return false
	}
	_, err = os.Stat(databasePath(cfg))
	return err == nil
}

// writeConfig writes the shipped config.yaml, unless there is one.
func (c *cli) writeConfig(hostname, domain string) error {
	if _, err := os.Lstat(c.configFile); err == nil {
		c.say("%s is there already and stays as it is.", c.configFile)
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return cannotRead(c.configFile, err)
	}
	if hostname == "" {
		hostname = "lists." + domain
	}
	text := config.Shipped(hostname)
	if _, err := config.Parse(c.configFile, text); err != nil {
		return refusal.Because(refusal.Invalid, "%q is no name of a server; it is a full name, like lists.%s.", letter.CleanLine(hostname), domain)
	}
	f, err := os.OpenFile(c.configFile, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return refusal.Because(refusal.Invalid, "%s cannot be written: %s.", c.configFile, reason(err)).From(err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	c.say("%s is written. As it stands, nothing leaves this machine: outgoing mail becomes files.", c.configFile)
	return nil
}

// versionShown is what is known of this program, as JSON.
type versionShown struct {
	Version string `json:"version"`
	Source  string `json:"source,omitempty"`
	Go      string `json:"go"`
	System  string `json:"system"`
}

func (c *cli) newVersion() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "version", Short: "Print the version", Args: words()}
	cmd.RunE = func(*cobra.Command, []string) error {
		v := versionShown{Version: version, Source: revision(), Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
		if asJSON {
			return c.asJSON(v)
		}
		source := ""
		if v.Source != "" {
			source = ", source " + v.Source
		}
		c.say("backchannel %s (%s, %s%s)", v.Version, v.Go, v.System, source)
		return nil
	}
	return jsonFlag(cmd, &asJSON)
}

// revision is the commit this program was built from, if the build noted it.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	commit, modified := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = fmt.Sprintf("%.12s", s.Value)
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = " with changes"
		}
	}
	if commit == "" {
		return ""
	}
	return commit + modified
}
