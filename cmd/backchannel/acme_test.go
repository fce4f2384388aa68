package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"backchannel/cmd/internal/config"
)

// ca is a small certificate authority that speaks ACME (RFC 8555). It believes every signature, but looks for itself whether the name is
// the applicant's, as the real ones do: by TLS-ALPN-01 (RFC 8737) or HTTP-01.
type ca struct {
	t    *testing.T
	url  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey

	mu       sync.Mutex
	tls      string // where the applicant's port 443 is; "" offers no TLS-ALPN-01
	http     string // and port 80
	shut     bool   // refuses every order
	names    map[string]string
	valid    map[string]bool
	chains   map[string][]byte
	orders   int
	accounts map[string]bool
	stuck    chan struct{} // not nil: nothing is answered before it closes
	last     string        // what the last look at an applicant ended with
	looks    atomic.Int32  // at applicants, so far
}

func newCA(t *testing.T) *ca {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "A test's authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	c := &ca{t: t, cert: cert, key: key, names: map[string]string{}, valid: map[string]bool{}, chains: map[string][]byte{}, accounts: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/dir", func(w http.ResponseWriter, _ *http.Request) {
		c.json(w, 200, map[string]any{"newNonce": c.url + "/nonce", "newAccount": c.url + "/account", "newOrder": c.url + "/order", "revokeCert": c.url + "/no", "keyChange": c.url + "/no"})
	})
	mux.HandleFunc("/nonce", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/account", c.account)
	mux.HandleFunc("/order", c.order)
	mux.HandleFunc("/order/{id}", func(w http.ResponseWriter, r *http.Request) { c.shown(w, r.PathValue("id"), 200) })
	mux.HandleFunc("/authz/{id}", c.authz)
	mux.HandleFunc("/prove/{kind}/{id}", c.prove)
	mux.HandleFunc("/finish/{id}", c.finish)
	mux.HandleFunc("/cert/{id}", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(c.chains[r.PathValue("id")]) })
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		stuck := c.stuck
		c.mu.Unlock()
		if stuck != nil {
			<-stuck
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		w.Header().Set("Replay-Nonce", base64.RawURLEncoding.EncodeToString([]byte(time.Now().String())))
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	c.url = s.URL
	return c
}

func (c *ca) json(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		c.t.Error(err)
	}
}

// payload reads what a signed request says, and gives the key it came with.
func (c *ca) payload(r *http.Request, into any) (jwk map[string]string) {
	var outer struct{ Protected, Payload string }
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &outer)
	}
	var head struct {
		JWK map[string]string `json:"jwk"`
	}
	for text, v := range map[string]any{outer.Protected: &head, outer.Payload: into} {
		plain, e := base64.RawURLEncoding.DecodeString(text)
		if e == nil && v != nil && len(plain) > 0 {
			e = json.Unmarshal(plain, v)
		}
		if e != nil {
			err = e
		}
	}
	if err != nil {
		c.t.Error(err)
	}
	return head.JWK
}

// account notes the thumbprint of the key (RFC 7638), which the proofs hold.
func (c *ca) account(w http.ResponseWriter, r *http.Request) {
	var asked struct{ Contact []string }
	jwk := c.payload(r, &asked)
	sum := sha256.Sum256(fmt.Appendf(nil, `{"crv":%q,"kty":%q,"x":%q,"y":%q}`, jwk["crv"], jwk["kty"], jwk["x"], jwk["y"]))
	c.names["thumb"] = base64.RawURLEncoding.EncodeToString(sum[:])
	for _, contact := range asked.Contact {
		c.accounts[contact] = true
	}
	w.Header().Set("Location", c.url+"/account/1")
	c.json(w, 201, map[string]any{"status": "valid"})
}

func (c *ca) order(w http.ResponseWriter, r *http.Request) {
	var asked struct{ Identifiers []struct{ Value string } }
	c.payload(r, &asked)
	c.orders++
	if c.shut {
		c.json(w, 429, map[string]any{"type": "urn:ietf:params:acme:error:rateLimited", "detail": "too many"})
		return
	}
	id := fmt.Sprint(c.orders)
	c.names[id] = asked.Identifiers[0].Value
	w.Header().Set("Location", c.url+"/order/"+id)
	c.shown(w, id, 201)
}

func (c *ca) shown(w http.ResponseWriter, id string, status int) {
	o := map[string]any{"status": "pending", "identifiers": []any{map[string]string{"type": "dns", "value": c.names[id]}}, "authorizations": []string{c.url + "/authz/" + id}, "finalize": c.url + "/finish/" + id}
	switch {
	case c.chains[id] != nil:
		o["status"], o["certificate"] = "valid", c.url+"/cert/"+id
	case c.valid[id]:
		o["status"] = "ready"
	}
	c.json(w, status, o)
}

func (c *ca) authz(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	all := []any{}
	for kind, at := range map[string]string{"tls-alpn-01": c.tls, "http-01": c.http} {
		if at != "" {
			all = append(all, map[string]string{"type": kind, "url": c.url + "/prove/" + kind + "/" + id, "token": "token" + id, "status": "pending"})
		}
	}
	status := "pending"
	if c.valid[id] {
		status = "valid"
	}
	c.json(w, 200, map[string]any{"status": status, "identifier": map[string]string{"type": "dns", "value": c.names[id]}, "challenges": all})
}

// prove looks at the applicant.
func (c *ca) prove(w http.ResponseWriter, r *http.Request) {
	c.looks.Add(1)
	id, kind := r.PathValue("id"), r.PathValue("kind")
	proof := "token" + id + "." + c.names["thumb"]
	var err error
	if kind == "http-01" {
		err = c.byHTTP(c.names[id], id, proof)
	} else {
		err = c.byTLS(c.names[id], proof)
	}
	c.valid[id], c.last = err == nil, fmt.Sprint(kind, " ", c.names[id], " ", err)
	c.json(w, 200, map[string]string{"type": kind, "url": c.url + r.URL.Path, "token": "token" + id, "status": map[bool]string{true: "valid", false: "invalid"}[err == nil]})
}

func (c *ca) byHTTP(name, id, proof string) error {
	r, err := http.NewRequest("GET", "http://"+c.http+"/.well-known/acme-challenge/token"+id, nil)
	if err != nil {
		return err
	}
	r.Host = name
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && (res.StatusCode != 200 || string(text) != proof) {
		err = fmt.Errorf("%d %s", res.StatusCode, text)
	}
	return err
}

// byTLS is RFC 8737 §3.
func (c *ca) byTLS(name, proof string) error {
	conn, err := tls.Dial("tcp", c.tls, &tls.Config{ServerName: name, NextProtos: []string{"acme-tls/1"}, InsecureSkipVerify: true})
	if err != nil {
		return err
	}
	defer conn.Close()
	shown := conn.ConnectionState().PeerCertificates[0]
	sum := sha256.Sum256([]byte(proof))
	for _, e := range shown.Extensions {
		if e.Id.String() == "1.3.6.1.5.5.7.1.31" && bytes.HasSuffix(e.Value, sum[:]) && slices.Equal(shown.DNSNames, []string{name}) {
			return nil
		}
	}
	return fmt.Errorf("no proof for %s in %v", name, shown.DNSNames)
}

func (c *ca) finish(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	var asked struct{ CSR string }
	c.payload(r, &asked)
	der, err := base64.RawURLEncoding.DecodeString(asked.CSR)
	if err != nil {
		c.t.Error(err)
		return
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil || !c.valid[id] || !slices.Equal(csr.DNSNames, []string{c.names[id]}) {
		c.t.Errorf("an order that is not ready, or for another name: %v", err)
		return
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(int64(c.orders) + 1), DNSNames: csr.DNSNames, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 3, 0)}
	leaf, err := x509.CreateCertificate(rand.Reader, tmpl, c.cert, csr.PublicKey, c.key)
	if err != nil {
		c.t.Error(err)
		return
	}
	for _, der := range [][]byte{leaf, c.cert.Raw} {
		c.chains[id] = append(c.chains[id], pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	c.shown(w, id, 200)
}

func (c *ca) set(f func()) { c.mu.Lock(); defer c.mu.Unlock(); f() }

// openToACME is a village whose certificates come from an authority.
func openToACME(t *testing.T, c *ca) *village {
	t.Helper()
	return openVillage(t, func(o *Options) {
		o.Config.TLS = config.TLS{Mode: config.FromCA, Directory: c.url + "/dir", Email: "postmaster@gardeners.test", MTASTS: "testing"}
		o.Config.Web = config.Web{Listen: "0.0.0.0:0", HTTP: "127.0.0.1:0", URL: "https://www.gardeners.test"}
		o.Config.Verification = config.Confirm
	})
}

// ports tells the authority where the applicant listens.
func (h *village) ports(c *ca, alpn, plain bool) {
	_, port, err := net.SplitHostPort(h.Addr(webListener))
	if err != nil {
		h.t.Fatal(err)
	}
	c.set(func() {
		c.tls, c.http = "", ""
		if alpn {
			c.tls = "127.0.0.1:" + port
		}
		if plain {
			c.http = h.Addr(httpListener)
		}
	})
}

// shows is the name in the certificate that a listener shows to whoever asks for one, checked against the authority.
func (h *village) shows(c *ca, listener, name string) (string, error) {
	roots := x509.NewCertPool()
	roots.AddCert(c.cert)
	_, port, err := net.SplitHostPort(h.Addr(listener))
	if err != nil {
		return "", err
	}
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: time.Minute}, "tcp", "127.0.0.1:"+port, &tls.Config{ServerName: name, InsecureSkipVerify: true})
	if err != nil {
		return "", err
	}
	defer conn.Close()
	leaf := conn.ConnectionState().PeerCertificates[0]
	_, err = leaf.Verify(x509.VerifyOptions{Roots: roots})
	return strings.Join(leaf.DNSNames, " "), err
}

// With tls.mode acme the certificates come by themselves, by either proof, for our names alone; they lie in files and are there again
// after a restart without a word to the authority.
func TestCertificatesFromAnAuthority(t *testing.T) {
	for _, way := range []struct {
		name        string
		alpn, plain bool
	}{{"TLS-ALPN-01", true, false}, {"HTTP-01", false, true}} {
		t.Run(way.name, func(t *testing.T) {
			c := newCA(t)
			h := openToACME(t, c)
			if err := h.Listen(); err != nil {
				t.Fatal(err)
			}
			h.ports(c, way.alpn, way.plain)
			h.serveListening()
			if !within(func() bool { return strings.Count(h.log.String(), "there is a certificate") == 2 }) {
				t.Fatalf("no certificates; the authority: %s; the log:\n%s", c.last, h.log)
			}
			for _, test := range []struct{ listener, asks, want string }{
				{webListener, "lists.test", "lists.test"},
				{webListener, "www.gardeners.test", "www.gardeners.test"},
				{webListener, "mta-sts.gardeners.test", "mta-sts.gardeners.test"}, // fetched when first asked for
				{webListener, "MTA-STS.Gardeners.test", "mta-sts.gardeners.test"},
				{webListener, "evil.test", "lists.test"},
				{webListener, "", "lists.test"},
				{imapListener, "whatever.test", "lists.test"},
			} {
				if got, err := h.shows(c, test.listener, test.asks); got != test.want || err != nil {
					t.Errorf("%s asked for %q shows %s, %v", test.listener, test.asks, got, err)
				}
			}
			mail, err := smtp.Dial(h.Addr("smtp.listen"))
			if err != nil {
				t.Fatal(err)
			}
			defer mail.Close()
			if err := mail.StartTLS(&tls.Config{InsecureSkipVerify: true}); err != nil {
				t.Error(err)
			}
			c.set(func() {
				if c.orders != 3 || !c.accounts["mailto:postmaster@gardeners.test"] {
					t.Errorf("%d orders of %v", c.orders, c.accounts)
				}
				c.shut = true
			})
			if info, err := os.Stat(h.path(acmeName)); err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("the folder of the keys: %v, %v", info.Mode(), err)
			}
			if err := h.stop(); err != nil {
				t.Fatal(err)
			}
			if err := h.Close(); err != nil {
				t.Fatal(err)
			}
			o := h.Options
			again := openVillageAt(t, o)
			again.serve()
			if got, err := again.shows(c, imapListener, "lists.test"); got != "lists.test" || err != nil {
				t.Errorf("after a restart: %s, %v", got, err)
			}
			c.set(func() {
				if c.orders != 3 {
					t.Errorf("after a restart: %d orders", c.orders)
				}
			})
		})
	}
}

// The first question to the authority may go out before the pages are served: the proof over http is promised all the same.
func TestTheAuthorityIsAskedBeforeThePagesAreServed(t *testing.T) {
	c := newCA(t)
	h := openToACME(t, c)
	if err := h.Listen(); err != nil {
		t.Fatal(err)
	}
	h.ports(c, false, true)
	got := make(chan error, 1)
	go func() {
		_, err := h.authority.fetch(t.Context(), &tls.ClientHelloInfo{ServerName: "lists.test", CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}})
		got <- err
	}()
	if !within(func() bool { return c.looks.Load() > 0 }) {
		t.Error("the authority was not asked for a proof")
	}
	h.serveListening()
	if err := <-got; err != nil {
		t.Error(err)
	}
}

// While the authority is slow about one name, strangers who ask for that name by the hundred take no other name's certificate away.
func TestASlowAuthority(t *testing.T) {
	c := newCA(t)
	h := openToACME(t, c)
	if err := h.Listen(); err != nil {
		t.Fatal(err)
	}
	h.ports(c, true, true)
	h.serveListening()
	if !within(func() bool { return strings.Count(h.log.String(), "there is a certificate") == 2 }) {
		t.Fatalf("no certificates; the authority: %s; the log:\n%s", c.last, h.log)
	}
	stuck := make(chan struct{})
	c.set(func() { c.stuck = stuck })
	const policyHost = "mta-sts.gardeners.test"
	var strangers sync.WaitGroup
	for range 2 * mostWaiting {
		strangers.Go(func() {
			_, _ = h.shows(c, webListener, policyHost) // it waits until the authority answers or the patience ends
		})
	}
	if !within(func() bool {
		h.authority.mu.Lock()
		defer h.authority.mu.Unlock()
		return h.authority.waiting[policyHost] == mostWaiting
	}) {
		t.Error("nobody waits")
	}
	if got, err := h.shows(c, imapListener, "lists.test"); got != "lists.test" || err != nil {
		t.Errorf("meanwhile our own name shows %q, %v", got, err)
	}
	close(stuck)
	strangers.Wait()
}

// An authority that says no is not asked again by every handshake: it would shut us out. What can be done in clear goes on.
func TestAnAuthorityThatSaysNo(t *testing.T) {
	c := newCA(t)
	c.shut = true
	h := openToACME(t, c)
	h.serve()
	if !within(func() bool { return strings.Contains(h.log.String(), "no certificate from the authority") }) {
		t.Fatalf("the log:\n%s", h.log)
	}
	for range 20 {
		if got, err := h.shows(c, imapListener, "lists.test"); err == nil {
			t.Errorf("a certificate of %s out of nothing", got)
		}
	}
	c.set(func() {
		if c.orders > 3 { // the first, and two more because it said "not now"
			t.Errorf("%d orders for 20 handshakes", c.orders)
		}
	})
	// A stranger who spells a name in many ways gets around no pause, and fills neither the memory nor the log.
	for i := range 20 {
		name := []byte("mta-sts.gardeners.test")
		for bit := range 5 {
			if i>>bit&1 == 1 {
				name[8+bit] -= 'a' - 'A'
			}
		}
		if got, err := h.shows(c, webListener, string(name)); err == nil {
			t.Errorf("a certificate of %s out of nothing", got)
		}
	}
	h.authority.mu.Lock()
	for name := range h.authority.fails {
		if name != strings.ToLower(name) {
			t.Errorf("a pause for %s alone", name)
		}
	}
	h.authority.mu.Unlock()
	mail, err := smtp.Dial(h.Addr("smtp.listen"))
	if err != nil {
		t.Fatal(err)
	}
	defer mail.Close()
	if err := mail.Hello("client.test"); err != nil {
		t.Error(err)
	}
}
