package logbook

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A Figure is something that is counted while the program runs, as the operator's own monitoring reads it: in the text format of
// Prometheus. It is declared beside the code that counts, with a sentence that says what it means. A label tells of which sort a thing was;
// it never names an address, a list or a person (P15).
type Figure interface {
	About() About
	write(w *strings.Builder)
}

// About is what the documentation says about a figure.
type About struct {
	Name   string   // with the prefix backchannel_
	Kind   string   // counter, gauge or histogram
	Help   string   // a sentence
	Labels []string // the names of its labels
}

// series bounds what a figure may grow to: labels are sorts, and there are never many.
const series = 100

// label makes a label's value: a short word of letters, digits and a few signs. What is none was never meant to be one (an address, a
// stranger's text) and counts as "other".
func label(v string) string {
	v = strings.ReplaceAll(strings.ToLower(v), " ", "_")
	if v == "" {
		return "none"
	}
	if len(v) > 40 || strings.ContainsFunc(v, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '-' && r != '.'
	}) {
		return "other"
	}
	return v
}

// set holds one value for each combination of labels.
type set[T any] struct {
	about About
	mu    sync.Mutex
	by    map[string]*T
}

func newSet[T any](kind, name, help string, labels []string) set[T] {
	if !strings.HasPrefix(name, "backchannel_") || !strings.HasSuffix(help, ".") {
		panic("logbook: a figure needs the prefix backchannel_ and a sentence, unlike " + name)
	}
	return set[T]{about: About{name, kind, help, labels}, by: map[string]*T{}}
}

// at is the value for the labels given. Call it with mu held.
func (s *set[T]) at(values []string) *T {
	if len(values) != len(s.about.Labels) {
		panic(fmt.Sprintf("logbook: %s has %d labels, not %d", s.about.Name, len(s.about.Labels), len(values)))
	}
	var b strings.Builder
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(s.about.Labels[i] + `="` + label(v) + `"`)
	}
	key := b.String()
	v, ok := s.by[key]
	switch {
	case ok:
		return v
	case len(s.by) >= series:
		rest := make([]string, len(values))
		for i, l := range s.about.Labels {
			rest[i] = l + `="other"`
		}
		if key = strings.Join(rest, ","); s.by[key] != nil {
			return s.by[key]
		}
	}
	v = new(T)
	s.by[key] = v
	return v
}

// About tells what the figure means.
func (s *set[T]) About() About { return s.about }

// Counter counts what only ever grows.
type Counter struct{ set[float64] }

// NewCounter declares a counter.
func NewCounter(name, help string, labels ...string) *Counter {
	return &Counter{newSet[float64]("counter", name, help, labels)}
}

// Add counts one more of the sort that the labels tell.
func (c *Counter) Add(labels ...string) { c.AddN(1, labels...) }

// AddN counts several more.
func (c *Counter) AddN(n int, labels ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*c.at(labels) += float64(n)
}

// Sum is what was counted so far, all sorts together.
func (c *Counter) Sum() (sum float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range c.by {
		sum += *v
	}
	return sum
}

// Value is what was counted of one sort.
func (c *Counter) Value(labels ...string) float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return *c.at(labels)
}

func (c *Counter) write(w *strings.Builder) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.by) == 0 && len(c.about.Labels) == 0 {
		c.at(nil)
	}
	for _, key := range slices.Sorted(maps.Keys(c.by)) {
		line(w, c.about.Name, key, *c.by[key])
	}
}

// spread is one series of a Histogram.
type spread struct {
	counts []uint64 // up to each bound, not yet summed up
	n      uint64
	sum    float64
}

// Histogram counts how often a measure stays below each of its bounds.
type Histogram struct {
	set[spread]
	bounds []float64
}

// NewHistogram declares a histogram with ascending bounds.
func NewHistogram(name, help string, bounds []float64, labels ...string) *Histogram {
	return &Histogram{newSet[spread]("histogram", name, help, labels), bounds}
}

// Observe counts one measure.
func (h *Histogram) Observe(v float64, labels ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.at(labels)
	if s.counts == nil {
		s.counts = make([]uint64, len(h.bounds))
	}
	if i, _ := slices.BinarySearch(h.bounds, v); i < len(h.bounds) {
		s.counts[i]++
	}
	s.n++
	s.sum += v
}

func (h *Histogram) write(w *strings.Builder) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(h.by)) {
		s, sofar, comma := h.by[key], uint64(0), ""
		if key != "" {
			comma = ","
		}
		for i, bound := range h.bounds {
			sofar += s.counts[i]
			line(w, h.about.Name+"_bucket", key+comma+`le="`+number(bound)+`"`, float64(sofar))
		}
		line(w, h.about.Name+"_bucket", key+comma+`le="+Inf"`, float64(s.n))
		line(w, h.about.Name+"_sum", key, s.sum)
		line(w, h.about.Name+"_count", key, float64(s.n))
	}
}

// Gauge is a value that goes up and down. It is read when somebody asks.
type Gauge struct {
	about About
	read  func(set func(v float64, labels ...string))
}

// NewGauge declares a gauge. read is called for each reading and sets the value of every sort there is.
func NewGauge(name, help string, read func(set func(v float64, labels ...string)), labels ...string) *Gauge {
	return &Gauge{newSet[float64]("gauge", name, help, labels).about, read}
}

// NewTotal declares a counter that somebody else counts, and that is read when somebody asks.
func NewTotal(name, help string, read func(set func(v float64, labels ...string)), labels ...string) *Gauge {
	return &Gauge{newSet[float64]("counter", name, help, labels).about, read}
}

// About tells what the figure means.
func (g *Gauge) About() About { return g.about }

func (g *Gauge) write(w *strings.Builder) {
	now := set[float64]{about: g.about, by: map[string]*float64{}}
	g.read(func(v float64, labels ...string) { *now.at(labels) = v })
	for _, key := range slices.Sorted(maps.Keys(now.by)) {
		line(w, g.about.Name, key, *now.by[key])
	}
}

func line(w *strings.Builder, name, labels string, v float64) {
	w.WriteString(name)
	if labels != "" {
		w.WriteString("{" + labels + "}")
	}
	w.WriteString(" " + number(v) + "\n")
}

func number(v float64) string {
	if math.IsInf(v, 1) {
		return "+Inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// WriteFigures writes figures in the text format of Prometheus, sorted by name.
func WriteFigures(w io.Writer, all []Figure) error {
	all = slices.SortedFunc(slices.Values(all), func(a, b Figure) int { return strings.Compare(a.About().Name, b.About().Name) })
	var b strings.Builder
	for _, f := range all {
		a := f.About()
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", a.Name, a.Help, a.Name, a.Kind)
		f.write(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
