package portcullis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

const (
	namePolicy = `
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: names}
spec:
  tier: Admin
  priority: 1
  subject: {namespaces: {}}
  egress:
  - {action: Accept, to: [{domainNames: [api.example.com]}]}
  - {action: Deny, to: [{networks: [0.0.0.0/0]}]}
`
	dbService = "{apiVersion: v1, kind: Service, metadata: {namespace: shop, name: db}, " +
		"spec: {clusterIP: 10.96.0.9, selector: {app: db}, ports: [{port: 1, targetPort: %d}]}}"
)

// What names resolve to is kept through Load, and for the guest that comes after a lost one.
func TestDomainNamesAreResolvedByTheHost(t *testing.T) {
	ctx, e := context.Background(), newEngine(t, EngineConfig{})
	objects := append(shop(), Source{"names.yaml", namePolicy})
	if _, err := e.Load(ctx, objects); err != nil {
		t.Fatal(err)
	}
	outside := netip.MustParseAddr("192.0.2.7")
	packet := NewPacket(netip.MustParseAddr("10.0.0.1"), outside, TCP, 443)
	if e.Decide(packet).Allowed() {
		t.Error("a name that nobody has resolved is open")
	}
	names := map[string][]netip.Addr{"api.example.com": {outside}}
	if _, err := e.Apply(ctx, Change{Resolved: names}); err != nil || !e.Decide(packet).Allowed() {
		t.Errorf("resolved: %v", err)
	}
	if _, err := e.Load(ctx, objects[1:]); err != nil || !e.Decide(packet).Allowed() {
		t.Errorf("loaded again: %v", err)
	}
	short, cancel := context.WithTimeout(ctx, time.Nanosecond)
	defer cancel()
	if _, err := e.Apply(short, Change{Resolved: names}); !errors.Is(err, ErrLost) {
		t.Fatalf("out of time gives %v", err)
	}
	if _, err := e.Load(ctx, objects); err != nil || !e.Decide(packet).Allowed() {
		t.Errorf("after a lost guest: %v", err)
	}
	names["api.example.com"] = nil
	if _, err := e.Apply(ctx, Change{Resolved: names}); err != nil || e.Decide(packet).Allowed() {
		t.Errorf("forgotten: %v", err)
	}
	wrong := Change{Resolved: map[string][]netip.Addr{"localhost": {outside}}}
	if _, err := e.Apply(ctx, wrong); !errors.Is(err, ErrRequest) {
		t.Errorf("what is no domain name gives %v", err)
	}
}

func TestServicesArePutChangedAndRemoved(t *testing.T) {
	ctx, e := context.Background(), newEngine(t, EngineConfig{})
	if _, err := e.Load(ctx, shop()); err != nil {
		t.Fatal(err)
	}
	question := Question{From: End{Pod: "shop/web"}, To: End{Service: "shop/db"}, Protocol: "TCP", Port: 1}
	reason := func() string {
		explained, err := e.Explain(ctx, question)
		var answer struct {
			Answers []struct {
				Ingress struct {
					Reason string `json:"reason"`
				} `json:"ingress"`
			} `json:"answers"`
		}
		if err != nil || json.Unmarshal(explained, &answer) != nil || len(answer.Answers) != 1 {
			return fmt.Sprintf("%s %v", explained, err)
		}
		return answer.Answers[0].Ingress.Reason
	}
	for _, step := range []struct {
		port   int
		reason string
	}{{5432, "rule"}, {22, "isolated"}} {
		put := Source{"service.yaml", fmt.Sprintf(dbService, step.port)}
		if _, err := e.Apply(ctx, Change{Put: []Source{put}}); err != nil || reason() != step.reason {
			t.Errorf("port %d: %s, %v", step.port, reason(), err)
		}
	}
	service := Change{Remove: []Object{{"Service", "shop", "db"}}}
	if _, err := e.Apply(ctx, service); err != nil {
		t.Error(err)
	}
	if _, err := e.Apply(ctx, service); !errors.Is(err, ErrRequest) {
		t.Errorf("what is not there is removed: %v", err)
	}
	if _, err := e.Explain(ctx, question); !errors.Is(err, ErrRequest) {
		t.Errorf("a question to what is not there gives %v", err)
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
