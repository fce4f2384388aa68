// Command backchannel is the mail server of a private community: members post by email, read a digest, and can always reach the
// managers in private. Here the rooms are joined and the command line is read; nothing about letters or people is decided here.
//
// It promises: exit 0 when done, 1 when refused or failed (one sentence and a hint on stderr), 2 when the command was written
// wrongly; and that whatever another process is doing with the same database meanwhile, no verb harms it.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
