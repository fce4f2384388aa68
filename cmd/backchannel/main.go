// Command backchannel is the mail server of a private community: members post by email, read a weekly digest, and can always reach
// the managers in private. It promises that a letter it answered with 250 is on disk, that what is said in private stays private, and
// that every refusal is one helpful sentence.
//
// This package knows everybody and decides nothing: it reads the command line and config.yaml, opens the database, joins the rooms by
// the interfaces they ask for, and turns their refusals into exit codes.
package main

func main() {}
