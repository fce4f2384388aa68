package config

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"backchannel/templates/refusal"
)

// maxFile is more than any config.yaml with comments needs.
const maxFile = 1 << 20

// Load reads the file at path. Its error is a refusal, or Complaints.
func Load(path string) (Config, error) {
	f, err := os.Open(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return Config{}, refusal.Because(refusal.NotFound, "There is no %s.", path).From(err).
				Try("backchannel init DOMAIN writes one; -c FILE reads another")
		}
		return Config{}, refusal.Because(refusal.Invalid, "%s cannot be read.", path).From(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return Config{}, refusal.Because(refusal.Invalid, "%s cannot be read.", path).From(err)
	}
	return Parse(path, text)
}

// Parse reads the text of a config file. The name stands in front of complaints, and its folder is where relative paths begin.
// Its error is Complaints.
func Parse(name string, text []byte) (Config, error) {
	c := Default()
	c.file, c.lines = name, map[string]int{}
	r := reader{config: &c, complaints: Complaints{file: name}, wrong: map[string]bool{}, mended: map[int]bool{}}
	if root := r.document(r.mend(text)); root != nil {
		r.group(root, "", r.settings())
		r.together()
	}
	if err := r.complaints.err(); err != nil {
		return Config{}, err
	}
	c.resolve(filepath.Dir(name))
	return c, nil
}

// setting is one line of the file: its name with the group in front, and how it is read.
type setting struct {
	key  string
	read check
}

// settings are all there are. What is not in this list is an unknown key.
func (r *reader) settings() []setting {
	c := r.config
	return []setting{
		{"hostname", hostName(&c.Hostname)},
		{"data", path(&c.Data)},
		{"smtp.listen", listener(&c.SMTP.Listen)},
		{"smtp.submission", listener(&c.SMTP.Submission)},
		{"smtp.submissions", listener(&c.SMTP.Submissions)},
		{"smtp.lmtp", listener(&c.SMTP.LMTP)},
		{"smtp.max_size", size(&c.SMTP.MaxSize, smallestMaxSize, largestMaxSize)},
		{"smtp.per_ip", number(&c.SMTP.PerIP, 1, 200)},
		{"imap.listen", listener(&c.IMAP.Listen)},
		{"web.listen", listener(&c.Web.Listen)},
		{"web.http", listener(&c.Web.HTTP)},
		{"web.url", webURL(&c.Web.URL)},
		{"web.archive", onOff(&c.Web.Archive)},
		{"tls.mode", word(&c.TLS.Mode, NoTLS, Files, FromCA)},
		{"tls.cert", path(&c.TLS.Cert)},
		{"tls.key", path(&c.TLS.Key)},
		{"tls.email", mailAddress(&c.TLS.Email)},
		{"tls.directory", httpsURL(&c.TLS.Directory)},
		{"tls.mta_sts", word(&c.TLS.MTASTS, "testing", "enforce", "none")},
		{"relay.mode", word(&c.Relay.Mode, Outbox, Smarthost, Direct)},
		{"relay.smarthost", peer(&c.Relay.Smarthost)},
		{"relay.connections", number(&c.Relay.Connections, 1, 100)},
		{"relay.username", text(&c.Relay.Username)},
		{"relay.warmup", onOff(&c.Relay.Warmup)},
		{"relay.password_file", path(&c.Relay.PasswordFile)},
		{"dns.resolver", resolver(&c.DNS.Resolver)},
		{"metrics.listen", listener(&c.Metrics.Listen)},
		{"verification", word(&c.Verification, Require, Confirm, Unverified)},
		{"arc", onOff(&c.ARC)},
		{"ranking.posts", decimal(&c.Ranking.Posts, 0, mostWeight)},
		{"ranking.people", decimal(&c.Ranking.People, 0, mostWeight)},
		{"ranking.question", decimal(&c.Ranking.Question, 0, mostWeight)},
		{"ranking.young_question", decimal(&c.Ranking.YoungQuestion, 0, mostWeight)},
		{"ranking.follow", decimal(&c.Ranking.Follow, 0, mostWeight)},
		{"ranking.mine", decimal(&c.Ranking.Mine, 0, mostWeight)},
		{"ranking.new", decimal(&c.Ranking.New, 0, mostWeight)},
		{"ranking.newcomer", decimal(&c.Ranking.Newcomer, 0, mostWeight)},
		{"ranking.managers", decimal(&c.Ranking.Managers, 0, mostWeight)},
		{"ranking.half_life", decimal(&c.Ranking.HalfLife, .1, 365)},
		{"ranking.pin", decimal(&c.Ranking.Pin, 0, mostWeight)},
		{"log.level", word(&c.Log.Level, "debug", "info", "warn", "error")},
		{"log.format", word(&c.Log.Format, "text", "json")},
	}
}

// reader walks the tree that the YAML library makes. The library's own strict mode (KnownFields) finds unknown keys too, but stops at
// what it calls a type and speaks of Go; walking the tree keeps every line and lets us say what was probably meant.
type reader struct {
	config     *Config
	complaints Complaints
	wrong      map[string]bool // settings that were complained about: no second complaint follows from the first
	mended     map[int]bool    // lines that were complained about, and are read as they were meant
}

// document gives the mapping at the top of the only document, or complains.
func (r *reader) document(text []byte) *yaml.Node {
	if len(text) > maxFile {
		r.complaints.add(0, "this is more than a megabyte; is it the right file?")
		return nil
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	var doc, second yaml.Node
	switch err := d.Decode(&doc); {
	case err == nil:
	case errors.Is(err, io.EOF):
		doc.Kind = 0
	default:
		r.syntax(err, text)
		return nil
	}
	if doc.Kind == 0 || len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
		r.complaints.add(0, "there is nothing in it; it needs at least a line like hostname: lists.gardeners.example.")
		return nil
	}
	// The library would pass over what follows a second --- in silence.
	switch err := d.Decode(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		r.syntax(err, text)
	default:
		r.complaints.add(max(second.Line, 1), "a second document begins here (---); everything belongs into one.")
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		r.complaints.add(root.Line, "this is no list of settings; write lines like hostname: lists.gardeners.example.")
		return nil
	}
	return root
}

var yamlError = regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?(.*)$`)

// syntax turns what the library says about text that is no YAML into a sentence. Its errors have no other form than their words.
func (r *reader) syntax(err error, text []byte) {
	line, what := firstBad(text), err.Error()
	if m := yamlError.FindStringSubmatch(what); m != nil {
		what = m[2]
	}
	hint := "Look for a missing blank after a colon, an open quote or bracket, or a line indented unlike its neighbours."
	for i, l := range strings.Split(string(text), "\n") {
		if indent := l[:len(l)-len(strings.TrimLeft(l, " \t"))]; strings.Contains(indent, "\t") {
			line, hint = i+1, "Indent with blanks, not with tabs."
			break
		}
	}
	r.complaints.add(line, "this is not YAML: %s. %s", what, hint)
}

// firstBad is the line with which text ceases to be YAML: the first one behind the longest beginning that is. The library names the line where the
// group began that it was in, which in a long file is far away.
func firstBad(text []byte) int {
	lines := strings.SplitAfter(string(text), "\n")
	if len(lines) > 2000 {
		return 0 // no file of ours, and each try reads it all
	}
	var any yaml.Node
	good := len(lines) - 1
	for good > 0 && yaml.Unmarshal([]byte(strings.Join(lines[:good], "")), &any) != nil {
		good--
	}
	for good+1 < len(lines) && (strings.TrimSpace(lines[good]) == "" || strings.HasPrefix(strings.TrimSpace(lines[good]), "#")) {
		good++
	}
	return good + 1
}

// group reads a mapping: the whole file (prefix ""), or one of its groups (prefix "smtp.").
func (r *reader) group(n *yaml.Node, prefix string, settings []setting) {
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			r.complaints.add(key.Line, "this is no setting; write lines like hostname: lists.gardeners.example.")
			continue
		}
		name := prefix + key.Value
		if line, ok := first[name]; ok {
			r.complaints.add(key.Line, "%s stands here a second time, the first is in line %d; keep one.", name, line)
			continue
		}
		first[name] = key.Line
		r.config.lines[name] = key.Line
		at := slices.IndexFunc(settings, func(s setting) bool { return s.key == name })
		switch {
		case at >= 0:
			r.value(settings[at], value)
		case prefix == "" && slices.ContainsFunc(settings, func(s setting) bool { return strings.HasPrefix(s.key, name+".") }):
			if value.Kind != yaml.MappingNode {
				r.complaints.add(key.Line, "%s is a group of settings; write them indented below it, or as %s: { … }.", name, name)
				continue
			}
			r.group(value, name+".", settings)
		case joined(name, settings) != "": // in { … }, where mend does not look
			meant := joined(name, settings)
			r.wrong[meant] = true
			r.complaints.add(key.Line, needsBlank, meant)
		default:
			r.complaints.add(key.Line, "there is no setting %s.%s", name, r.meant(name, settings))
		}
	}
}

// meant is a hint to the setting that an unknown key stands for: in its own group, or the same word in another.
func (r *reader) meant(name string, settings []setting) string {
	group, last := "", name
	if dot := strings.IndexByte(name, '.'); dot >= 0 {
		group, last = name[:dot+1], name[dot+1:]
	}
	var near []string
	for _, s := range settings {
		if rest, ok := strings.CutPrefix(s.key, group); ok {
			near = append(near, strings.SplitN(rest, ".", 2)[0])
		}
	}
	if hint := didYouMean(last, near); hint != "" {
		return strings.Replace(hint, "mean ", "mean "+group, 1)
	}
	var elsewhere []string
	for _, s := range settings {
		if s.key == last || strings.HasSuffix(s.key, "."+last) {
			elsewhere = append(elsewhere, s.key)
		}
	}
	if elsewhere != nil {
		return " Did you mean " + list(elsewhere) + "?"
	}
	return ""
}

// value reads one setting.
func (r *reader) value(s setting, n *yaml.Node) {
	wrong := ""
	switch {
	case n.Kind == yaml.AliasNode:
		wrong = "a YAML alias; write the value itself."
	case n.Kind != yaml.ScalarNode:
		wrong = "a list or a group; it takes one value."
	case n.Tag == "!!null":
		wrong = `empty; give it a value, write "" for none, or take the line out.`
	default:
		wrong = s.read(n.Value)
	}
	if wrong != "" {
		if r.wrong[s.key] = true; !r.mended[n.Line] {
			r.complaints.add(n.Line, "%s is %s", s.key, wrong)
		}
	}
}

// together checks what only makes sense side by side.
func (r *reader) together() {
	c := r.config
	if c.Hostname == "" && !r.wrong["hostname"] {
		r.complain("hostname", "hostname is missing; it is the full name of this server, like lists.gardeners.example.")
	}
	if c.Data == "" {
		r.complain("data", "data is empty; it is the folder for database and keys, like ./data.")
	}
	if c.SMTP.Listen == "" && c.SMTP.LMTP == "" && !r.wrong["smtp.listen"] && !r.wrong["smtp.lmtp"] {
		r.complain("smtp.listen", `smtp.listen is "", so no letter could come in; give it or smtp.lmtp an address like 127.0.0.1:2525.`)
	}
	r.listeners()
	r.certificates()
	if c.Relay.Mode == Smarthost && c.Relay.Smarthost == "" {
		r.complain("relay.smarthost", "relay.mode is smarthost, but relay.smarthost is empty; name the server that takes the mail, like mail.provider.example:587.")
	}
	if c.Relay.Username != "" && c.Relay.PasswordFile == "" {
		r.complain("relay.username", "relay.username needs relay.password_file, the path of a file that holds the password alone.")
	}
	if c.Relay.PasswordFile != "" && c.Relay.Username == "" {
		r.complain("relay.password_file", "relay.password_file needs relay.username.")
	}
	r.direct()
	r.webAddress()
}

// direct: what belongs to one way out is no use on another, and believing it is would be worse than a complaint.
func (r *reader) direct() {
	c := r.config
	switch {
	case r.wrong["relay.mode"]:
	case c.Relay.Mode == Direct && c.Relay.Username != "":
		r.complain("relay.username", "relay.username is a login at a smarthost, but relay.mode is direct: nobody asks for it. Take the line out, or set relay.mode to smarthost.")
	case c.Relay.Mode != Direct && c.Relay.Warmup:
		r.complain("relay.warmup", "relay.warmup is on, but relay.mode is %s; it is for direct delivery only. Set it to off.", c.Relay.Mode)
	}
}

// complain is about settings that were understood; it follows no complaint about the same line.
func (r *reader) complain(key, format string, args ...any) {
	if !r.wrong[key] {
		r.wrong[key] = true
		r.complaints.add(r.config.lines[key], format, args...)
	}
}

// listeners: each its own address, and without encryption only on loopback. LMTP has no login at all: it believes its peer.
func (r *reader) listeners() {
	c := r.config
	taken := map[string]string{}
	for _, l := range c.Listeners() {
		if other, ok := taken[l.Address]; ok {
			r.complain(l.Key, "%s is %s, and so is %s; each needs its own port.", l.Key, l.Address, other)
			continue
		}
		if !strings.HasSuffix(l.Address, ":0") {
			taken[l.Address] = l.Key
		}
		switch {
		case l.Key == "smtp.submissions" && c.TLS.Mode == NoTLS && !r.wrong["tls.mode"]:
			r.complain(l.Key, "smtp.submissions is %s, where TLS begins with the first byte, but tls.mode is none; set it to files or acme, or take this line out.", l.Address)
		case l.Key == "web.http": // it only sends people on
		case Loopback(l.Address):
		case l.Key == "smtp.lmtp":
			r.complain(l.Key, "smtp.lmtp is %s; it believes whoever connects, so it listens on loopback only, like 127.0.0.1:2424.", l.Address)
		case l.Key == "metrics.listen":
			r.complain(l.Key, "metrics.listen is %s; whoever reaches it reads how this server is doing, so it listens on loopback only, like 127.0.0.1:9525.", l.Address)
		case c.TLS.Mode == NoTLS && !r.wrong["tls.mode"]:
			r.complain(l.Key, "%s is %s, but tls.mode is none: passwords and letters would cross the net in clear. Listen on 127.0.0.1, or set tls.mode to files or acme.", l.Key, l.Address)
		}
	}
}

// certificates: files need two names, and names need the mode.
func (r *reader) certificates() {
	c := r.config
	for _, f := range []struct{ key, path, what string }{{"tls.cert", c.TLS.Cert, "the certificate"}, {"tls.key", c.TLS.Key, "its key"}} {
		switch {
		case r.wrong["tls.mode"]:
		case c.TLS.Mode == Files && f.path == "":
			r.complain(f.key, "tls.mode is files, but %s is missing; it is the path of %s.", f.key, f.what)
		case c.TLS.Mode != Files && f.path != "":
			r.complain(f.key, "%s is given, but tls.mode is %s; set it to files, or take this line out.", f.key, c.TLS.Mode)
		}
	}
	if _, given := c.lines["tls.email"]; given && c.TLS.Mode != FromCA && !r.wrong["tls.mode"] {
		r.complain("tls.email", "tls.email is given, but tls.mode is %s; set it to acme, or take this line out.", c.TLS.Mode)
	}
	// The authority comes to port 443 (RFC 8737) or to port 80 (RFC 8555 §8.3) to see whether the name is ours.
	if c.TLS.Mode == FromCA && c.Web.HTTP == "" && (c.Web.Listen == "" || Loopback(c.Web.Listen)) && !r.wrong["web.http"] && !r.wrong["web.listen"] {
		r.complain("tls.mode", "tls.mode is acme, but nothing listens where the authority looks; set web.listen to 0.0.0.0:443, or web.http to 0.0.0.0:80.")
	}
}

// webAddress: when only the listener was moved, links must follow it.
func (r *reader) webAddress() {
	c := r.config
	_, given := c.lines["web.url"]
	switch {
	case r.wrong["web.url"] || r.wrong["web.listen"] || c.Web.Listen == "" || given && c.Web.URL != "":
	case !Loopback(c.Web.Listen):
		r.complain("web.url", "web.url is missing; it is how people reach the pages that listen on %s, like https://lists.gardeners.example.", c.Web.Listen)
	default:
		c.Web.URL = "http://" + c.Web.Listen
	}
	if c.Web.HTTP != "" && !strings.HasPrefix(c.Web.URL, "https://") && !r.wrong["web.url"] {
		r.complain("web.http", "web.http sends browsers on to web.url, which is no https address; set web.url, or take this line out.")
	}
}

// Password is the smarthost's password from relay.password_file, or "" when there is no login. It is read at each call, so a changed
// file needs no restart.
func (c Config) Password() (string, error) {
	if c.Relay.PasswordFile == "" {
		return "", nil
	}
	text, err := os.ReadFile(c.Relay.PasswordFile)
	if err != nil {
		return "", refusal.Because(refusal.Invalid, "relay.password_file %s cannot be read.", c.Relay.PasswordFile).From(err)
	}
	password := strings.TrimRight(string(text), "\r\n")
	if password == "" || strings.ContainsAny(password, "\r\n\x00") || len(password) > 1000 {
		return "", refusal.Because(refusal.Invalid, "relay.password_file %s must hold the password alone, on one line.", c.Relay.PasswordFile)
	}
	return password, nil
}
