package portcullis

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
)

// cache keeps the compiled guests for all tests.
var cache = wazero.NewCompilationCache()

// corpusFolder is where cargo xtask corpus has written the corpus.
func corpusFolder(t testing.TB) string {
	t.Helper()
	folder := os.Getenv("PORTCULLIS_CORPUS")
	if folder == "" {
		folder = "../../target/corpus"
	}
	if _, err := os.Stat(filepath.Join(folder, "cases")); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the corpus is missing: run `cargo xtask corpus`, or set PORTCULLIS_CORPUS: %v", err)
		}
		t.Skipf("the corpus is missing: run `cargo xtask corpus`, or set PORTCULLIS_CORPUS: %v", err)
	}
	return folder
}

func read(t testing.TB, parts ...string) []byte {
	t.Helper()
	bytes, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

func newDecider(t testing.TB, config Config) *Decider {
	t.Helper()
	config.Cache = cache
	d, err := NewDecider(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return d
}

// questions are packets with the answers that are right.
type questions struct {
	packets   []Packet
	decisions []Decision
	rules     []string
}

func readQuestions(t testing.TB, folder string) questions {
	t.Helper()
	packets, decisions := read(t, folder, "packets"), read(t, folder, "decisions")
	q := questions{packets: make([]Packet, len(packets)/packetBytes)}
	copy(bytesOf(q.packets), packets)
	q.decisions = make([]Decision, len(q.packets))
	for at := range q.decisions {
		q.decisions[at].read(decisions[at*decisionBytes:])
	}
	q.rules = strings.Split(strings.TrimSuffix(string(read(t, folder, "rules")), "\n"), "\n")
	return q
}

// compare gives how many answers are wrong, asked in a batch, one by one and for reasons alone.
func compare(q questions, d *Decider) (wrong int) {
	found := make([]Decision, len(q.packets))
	if d.DecideBatch(q.packets, found) != nil {
		return len(q.packets) + 1
	}
	w := d.Worker()
	defer w.Release()
	for at, right := range q.decisions {
		egress, ingress := w.Reasons(&q.packets[at])
		if found[at] != right || w.Decide(q.packets[at]) != right ||
			egress != right.EgressReason || ingress != right.IngressReason {
			wrong++
		}
	}
	return wrong
}

// runImages answers the corpus from its images, and again as deltas lead from one to the next.
func runImages(t testing.TB, d *Decider, folder string) (asked, wrong int) {
	t.Helper()
	ctx := context.Background()
	cases, _ := filepath.Glob(filepath.Join(folder, "cases", "*", "image"))
	for _, file := range cases {
		if err := d.SetImage(ctx, read(t, file)); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		q := readQuestions(t, filepath.Dir(file))
		asked, wrong = asked+len(q.packets), wrong+compare(q, d)
	}
	chains, _ := filepath.Glob(filepath.Join(folder, "chains", "*"))
	for _, chain := range chains {
		if err := d.SetImage(ctx, read(t, chain, "image")); err != nil {
			t.Fatalf("%s: %v", chain, err)
		}
		steps, _ := filepath.Glob(filepath.Join(chain, "steps", "*"))
		for _, step := range steps {
			delta := read(t, step, "patch")
			if err := d.ApplyDelta(ctx, delta); err != nil {
				t.Fatalf("%s: %v", step, err)
			}
			q := readQuestions(t, step)
			asked, wrong = asked+len(q.packets), wrong+compare(q, d)
			if err := d.ApplyDelta(ctx, delta[:len(delta)/2]); !errors.Is(err, ErrImage) {
				t.Fatalf("%s: half a delta gives %v", step, err)
			}
		}
	}
	return asked, wrong
}

func TestTheCorpusIsAnsweredFromImagesAndUnderDeltas(t *testing.T) {
	asked, wrong := runImages(t, newDecider(t, Config{}), corpusFolder(t))
	if asked < 1500 || wrong != 0 {
		t.Fatalf("%d of %d answers are wrong", wrong, asked)
	}
	t.Logf("%d answers", asked)
}

// Guests that differ from ours in one number of their code have to be found out.
func TestABrokenGuestFailsTheCorpus(t *testing.T) {
	folder := corpusFolder(t)
	changes := []struct{ from, to []byte }{
		// Reasons above 15 allow; here, all that are above 0.
		{[]byte{0x41, 0x0f, 0x4b}, []byte{0x41, 0x00, 0x4b}},
		// A port is 16 bits; here, a byte and a no-op.
		{[]byte{0x41, 0xff, 0xff, 0x03, 0x71}, []byte{0x41, 0xff, 0x01, 0x71, 0x01}},
	}
	for number, change := range changes {
		if !bytes.Contains(decideModule, change.from) {
			t.Fatalf("change %d: the guest has no such code any more: find another", number)
		}
		broken := bytes.ReplaceAll(decideModule, change.from, change.to)
		d := newDecider(t, Config{Module: broken})
		asked, wrong := brokenImages(t, d, folder)
		t.Logf("change %d: %d of %d answers are wrong", number, wrong, asked)
		if wrong == 0 {
			t.Errorf("change %d was not found out", number)
		}
	}
}

func brokenImages(t *testing.T, d *Decider, folder string) (asked, wrong int) {
	cases, _ := filepath.Glob(filepath.Join(folder, "cases", "*", "image"))
	for _, file := range cases {
		q := readQuestions(t, filepath.Dir(file))
		asked += len(q.packets)
		if d.SetImage(context.Background(), read(t, file)) != nil {
			wrong += len(q.packets)
			continue
		}
		wrong += compare(q, d)
	}
	return asked, wrong
}

func options(t testing.TB, folder string) map[string]string {
	options := map[string]string{}
	for line := range strings.Lines(string(read(t, folder, "options"))) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		options[key] = value
	}
	return options
}

func sources(t testing.TB, folder string) (sources []Source) {
	names := strings.Split(strings.TrimSuffix(string(read(t, folder, "names")), "\n"), "\n")
	for number, name := range names {
		if name != "" {
			text := read(t, folder, "sources", fmt.Sprintf("%02d", number))
			sources = append(sources, Source{Name: name, Text: string(text)})
		}
	}
	return sources
}

// resolved is what domain names resolve to in a case.
func resolved(t testing.TB, folder string) map[string][]netip.Addr {
	t.Helper()
	names := map[string][]netip.Addr{}
	lines, err := os.ReadFile(filepath.Join(folder, "resolved"))
	if err != nil {
		return names
	}
	for line := range strings.Lines(string(lines)) {
		words := strings.Fields(line)
		for _, word := range words[1:] {
			names[words[0]] = append(names[words[0]], netip.MustParseAddr(word))
		}
	}
	return names
}

// One engine for each set of options is led from case to case; rules are compared by name.
func TestTheCorpusIsAnsweredFromManifests(t *testing.T) {
	ctx, folder := context.Background(), corpusFolder(t)
	engines := map[string]*Engine{}
	cases, _ := filepath.Glob(filepath.Join(folder, "cases", "*"))
	asked, refused := 0, 0
	for _, folder := range cases {
		title, key := string(read(t, folder, "title")), string(read(t, folder, "options"))
		e := engines[key]
		isNew := e == nil
		if isNew {
			e = newEngine(t, EngineConfig{Options: options(t, folder)})
			engines[key] = e
		}
		_, err := e.Load(ctx, sources(t, folder))
		if codes, fileErr := os.ReadFile(filepath.Join(folder, "refused")); fileErr == nil {
			refused++
			var manifest *ManifestError
			if !errors.As(err, &manifest) {
				t.Errorf("%s: loading gives %v", title, err)
				continue
			}
			for code := range strings.Lines(string(codes)) {
				if !strings.Contains(fmt.Sprint(manifest.Report.Problems), strings.TrimSpace(code)) {
					t.Errorf("%s: no problem `%s` in %v", title, code, manifest.Report.Problems)
				}
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", title, err)
			continue
		}
		_, err = os.Stat(filepath.Join(folder, "resolved"))
		fromManifests := isNew && os.IsNotExist(err)
		if image, err := e.Image(ctx); fromManifests && (err != nil || !bytes.Equal(image, read(t, folder, "image"))) {
			t.Errorf("%s: the image has other bytes than the native engine's (%v)", title, err)
		}
		names := resolved(t, folder)
		if _, err := e.Apply(ctx, Change{Resolved: names}); err != nil {
			t.Errorf("%s: %v", title, err)
		}
		q := readQuestions(t, folder)
		found := make([]Decision, len(q.packets))
		if err := e.DecideBatch(q.packets, found); err != nil {
			t.Errorf("%s: %v", title, err)
		}
		for at, right := range q.decisions {
			asked++
			name := func(place uint32) string {
				if name := e.RuleName(ctx, place); name != "" {
					return name
				}
				return "-"
			}
			rules := name(found[at].EgressRule) + "\t" + name(found[at].IngressRule)
			if found[at].Verdict != right.Verdict || found[at].EgressReason != right.EgressReason ||
				found[at].IngressReason != right.IngressReason || rules != q.rules[at] {
				t.Errorf("%s: packet %d: %+v by %q, expected %+v by %q", title, at, found[at], rules, right, q.rules[at])
			}
		}
		// The next case may say less of names.
		for name := range names {
			names[name] = nil
		}
		if _, err := e.Apply(ctx, Change{Resolved: names}); err != nil {
			t.Errorf("%s: %v", title, err)
		}
	}
	if asked < 800 || refused < 20 {
		t.Errorf("only %d answers and %d refusals", asked, refused)
	}
}

func newEngine(t testing.TB, config EngineConfig) *Engine {
	t.Helper()
	config.Cache = cache
	e, err := New(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close(context.Background()) })
	return e
}
