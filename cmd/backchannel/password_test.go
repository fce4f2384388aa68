package main

import (
	"testing"

	"backchannel/cmd/internal/config"
)

// What a mail program asks for is told as it is set: by the server's name where the world reaches it, and by the door that encrypts first.
func TestSigningIn(t *testing.T) {
	live := config.Default()
	live.Hostname, live.TLS.Mode = "lists.gardeners.test", config.Files
	live.IMAP.Listen, live.SMTP.Submission, live.SMTP.Submissions = "0.0.0.0:993", "0.0.0.0:587", "0.0.0.0:465"
	starttls := live
	starttls.SMTP.Submissions = ""
	sending := live
	sending.IMAP.Listen = ""
	for _, c := range []struct {
		cfg  config.Config
		want string
	}{
		{live, "It is shown this once. In a mail program: user name dana@north.test; reading (IMAP) lists.gardeners.test, port 993, SSL/TLS; sending (SMTP) lists.gardeners.test, port 465, SSL/TLS."},
		{starttls, "It is shown this once. In a mail program: user name dana@north.test; reading (IMAP) lists.gardeners.test, port 993, SSL/TLS; sending (SMTP) lists.gardeners.test, port 587, STARTTLS."},
		{sending, "It is shown this once. In a mail program: user name dana@north.test; sending (SMTP) lists.gardeners.test, port 465, SSL/TLS."},
	} {
		a, err := parseAddress("dana@north.test")
		must(t, err)
		if got := signingIn(c.cfg, a); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}
