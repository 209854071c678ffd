package portcullis

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	webPod = "{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: web, labels: {app: web}}, " +
		"status: {podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}]}}"
	dbPod = "{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: db, labels: {app: db}}, " +
		"status: {podIP: 10.0.0.2, podIPs: [{ip: 10.0.0.2}]}}"
	dbPolicy = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {namespace: shop, name: db}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 5432}]
`
)

func shop() []Source {
	return []Source{{"web.yaml", webPod}, {"db.yaml", dbPod}, {"policy.yaml", dbPolicy}}
}

func toDB(port uint16) Packet {
	return NewPacket(netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"), TCP, port)
}

func TestAnEngineDecidesExplainsAndFollowsChanges(t *testing.T) {
	ctx, e := context.Background(), newEngine(t, EngineConfig{})
	if e.Decide(toDB(5432)).Allowed() {
		t.Error("it allows before anything is loaded")
	}
	report, err := e.Load(ctx, shop())
	if err != nil || !report.Valid || report.Objects != 3 {
		t.Fatalf("%+v, %v", report, err)
	}
	decision := e.Decide(toDB(5432))
	if !decision.Allowed() || decision.IngressReason != Rule || decision.EgressReason != NoPolicy {
		t.Errorf("%+v", decision)
	}
	if name := e.RuleName(ctx, decision.IngressRule); name != "shop/db spec.ingress[0]" {
		t.Errorf("the rule is %q", name)
	}
	if name := e.RuleName(ctx, decision.EgressRule); name != "" {
		t.Errorf("no rule is %q", name)
	}
	if decision := e.Decide(toDB(22)); decision.Allowed() || decision.IngressReason != Isolated {
		t.Errorf("%+v", decision)
	}
	question := Question{From: End{Pod: "shop/web"}, To: End{IP: "10.0.0.2"}, Protocol: "TCP", Port: 22}
	explained, err := e.Explain(ctx, question)
	var answer struct {
		Answers []struct {
			Allowed bool `json:"allowed"`
			Ingress struct {
				Reason string `json:"reason"`
			} `json:"ingress"`
		} `json:"answers"`
	}
	if err != nil || json.Unmarshal(explained, &answer) != nil || len(answer.Answers) != 1 ||
		answer.Answers[0].Allowed || answer.Answers[0].Ingress.Reason != "isolated" {
		t.Errorf("%s, %v", explained, err)
	}
	if !strings.Contains(string(explained), `"policy.yaml"`) {
		t.Errorf("the explanation names no file: %s", explained)
	}
	if _, err := e.Explain(ctx, Question{From: End{Pod: "shop/none"}, To: End{Pod: "shop/db"}, Protocol: "TCP", Port: 1}); !errors.Is(err, ErrRequest) {
		t.Errorf("a question about nobody gives %v", err)
	}
	policy := Object{Kind: "NetworkPolicy", Namespace: "shop", Name: "db"}
	if _, err := e.Apply(ctx, Change{Remove: []Object{policy}}); err != nil || !e.Decide(toDB(22)).Allowed() {
		t.Errorf("without the policy: %v, %+v", err, e.Decide(toDB(22)))
	}
	if _, err := e.Apply(ctx, Change{Remove: []Object{policy}}); !errors.Is(err, ErrRequest) {
		t.Errorf("what is not there is removed: %v", err)
	}
	if _, err := e.Apply(ctx, Change{Put: shop()[2:]}); err != nil || e.Decide(toDB(22)).Allowed() {
		t.Errorf("with the policy again: %v", err)
	}
	before := e.Decide(toDB(22))
	_, err = e.Apply(ctx, Change{Put: []Source{{"broken.yaml", "kind: ["}}, Remove: []Object{policy}})
	var refused *ManifestError
	if !errors.As(err, &refused) || len(refused.Report.Problems) == 0 || e.Decide(toDB(22)) != before {
		t.Errorf("broken manifests: %v, %+v", err, e.Decide(toDB(22)))
	}
}

func TestAnUnknownOptionIsRefused(t *testing.T) {
	e := newEngine(t, EngineConfig{Options: map[string]string{"loopback": "sometimes"}})
	if _, err := e.Load(context.Background(), shop()); !errors.Is(err, ErrRequest) {
		t.Errorf("%v", err)
	}
	if e.Decide(toDB(5432)).Allowed() {
		t.Error("it allows")
	}
}

// The guest that reads manifests runs out of time: decisions go on, and a Load begins anew.
func TestALostGuestIsReplacedByTheNextLoad(t *testing.T) {
	ctx, e := context.Background(), newEngine(t, EngineConfig{})
	if _, err := e.Load(ctx, shop()); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, time.Nanosecond)
	defer cancel()
	if _, err := e.Apply(short, Change{Remove: []Object{{"NetworkPolicy", "shop", "db"}}}); !errors.Is(err, ErrLost) {
		t.Fatalf("out of time gives %v", err)
	}
	if !e.Decide(toDB(5432)).Allowed() || e.Decide(toDB(22)).Allowed() {
		t.Error("decisions do not go on by the last image")
	}
	if _, err := e.Apply(ctx, Change{}); !errors.Is(err, ErrLost) {
		t.Errorf("a change of what is lost gives %v", err)
	}
	if _, err := e.Explain(ctx, Question{}); !errors.Is(err, ErrLost) {
		t.Errorf("an explanation of what is lost gives %v", err)
	}
	if _, err := e.Load(ctx, shop()[:2]); err != nil || !e.Decide(toDB(22)).Allowed() {
		t.Errorf("loaded again: %v", err)
	}
}

func TestGoroutinesDecideWhileOneChanges(t *testing.T) {
	ctx, e := context.Background(), newEngine(t, EngineConfig{})
	if _, err := e.Load(ctx, shop()); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					// The policy comes and goes; port 5432 is open with it and without.
					if !e.Decide(toDB(5432)).Allowed() {
						t.Error("denied in between")
						return
					}
				}
			}
		})
	}
	for range 30 {
		if _, err := e.Apply(ctx, Change{Remove: []Object{{"NetworkPolicy", "shop", "db"}}}); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Apply(ctx, Change{Put: shop()[2:]}); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	wg.Wait()
}

func TestAnImageOfAnEngineServesADecider(t *testing.T) {
	ctx, e, d := context.Background(), newEngine(t, EngineConfig{}), newDecider(t, Config{})
	if _, err := e.Load(ctx, shop()); err != nil {
		t.Fatal(err)
	}
	image, err := e.Image(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.SetImage(ctx, image); err != nil {
		t.Fatal(err)
	}
	for _, port := range []uint16{22, 5432} {
		if ours, theirs := d.Decide(toDB(port)), e.Decide(toDB(port)); ours != theirs {
			t.Errorf("port %d: %+v, %+v", port, ours, theirs)
		}
	}
}

func TestAClosedEngineDeniesAndSaysSo(t *testing.T) {
	ctx := context.Background()
	e, err := New(ctx, EngineConfig{Config: Config{Cache: cache}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Load(ctx, shop()[:2]); err != nil || !e.Decide(toDB(22)).Allowed() {
		t.Fatalf("before: %v", err)
	}
	if err := errors.Join(e.Close(ctx), e.Close(ctx)); err != nil {
		t.Fatal(err)
	}
	_, load := e.Load(ctx, shop())
	_, explain := e.Explain(ctx, Question{})
	_, image := e.Image(ctx)
	for _, err := range []error{load, explain, image} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%v", err)
		}
	}
	if e.Decide(toDB(22)).Allowed() {
		t.Error("it allows")
	}
}
