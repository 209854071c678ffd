package portcullis

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"strings"
	"sync"

	"github.com/tetratelabs/wazero/api"
)

// fullModule is the guest that reads manifests; cargo xtask go keeps it the one that is built of this repository.
//
//go:embed guest/full.wasm
var fullModule []byte

// Source is a text of manifests: YAML or JSON, any number of documents, lists included.
type Source struct {
	// Name is what reports and explanations call it, such as a path.
	Name string `json:"name"`
	// Text is the text.
	Text string `json:"text"`
}

// Object is an object by its name.
type Object struct {
	// Kind is as manifests have it: "Namespace", "Node", "Pod", "Service", "EndpointSlice", "Endpoints", a kind of policy
	// such as "NetworkPolicy", or a workload that stands for its pods.
	Kind string `json:"kind"`
	// Namespace is empty for objects that are in none.
	Namespace string `json:"namespace,omitempty"`
	// Name is the name.
	Name string `json:"name"`
}

// Change is a transaction: objects are removed, then others put in place of those of their names; all of it or nothing.
type Change struct {
	// Put has the manifests of what is put.
	Put []Source `json:"put,omitempty"`
	// Remove has what is removed.
	Remove []Object `json:"remove,omitempty"`
	// Resolved has all addresses that domain names have from now on; none where a name is to be forgotten. Names that are
	// not here keep theirs, through [Engine.Load], too.
	Resolved map[string][]netip.Addr `json:"resolved,omitempty"`
}

// Report says what was found in manifests.
type Report struct {
	// Valid says that no problem is an error.
	Valid bool `json:"valid"`
	// Objects is how many objects of kinds that are read were found.
	Objects int `json:"objects"`
	// Problems are errors and warnings.
	Problems []Problem `json:"problems"`
}

// Problem is something wrong with an object.
type Problem struct {
	// Code is the stable kind of problem.
	Code string `json:"code"`
	// Severity is "error" or "warning".
	Severity string `json:"severity"`
	// Object is such as "NetworkPolicy shop/web"; empty where the text is no object.
	Object string `json:"object"`
	// Field is the field in upstream notation.
	Field string `json:"field"`
	// File is the name of the source.
	File string `json:"file"`
	// Line is from 1.
	Line int `json:"line"`
	// Column is from 1.
	Column int `json:"column"`
	// Message says what was found.
	Message string `json:"message"`
	// Help says what to do.
	Help string `json:"help"`
}

// EngineConfig says how an engine decides and runs. The zero value is the specification's reading.
type EngineConfig struct {
	Config
	// Options are what differs from the specification's reading, such as "loopback": "evaluated".
	Options map[string]string
	// FullModule is another guest for manifests than the one in this package.
	FullModule []byte
	// FullMemoryLimit bounds the memory of the guest for manifests in bytes. Zero is 1 GiB.
	FullMemoryLimit uint64
}

// Engine decides packets by manifests. It is safe for any number of goroutines: any number decide, and one at a time
// changes or asks for explanations.
type Engine struct {
	decider *Decider
	program *program
	options map[string]string

	mu     sync.Mutex
	reader *reader
	// resolved is what the guest knows of domain names, for the one that comes after it.
	resolved map[string][]netip.Addr
	loaded   bool
	closed   bool
}

// reader is the guest that reads manifests.
type reader struct {
	*instance
	functions map[string]api.Function
}

// New compiles the guests. Nothing is loaded yet: everything is denied until [Engine.Load].
func New(ctx context.Context, config EngineConfig) (*Engine, error) {
	decider, err := NewDecider(ctx, config.Config)
	if err != nil {
		return nil, err
	}
	limits := Config{MemoryLimit: config.FullMemoryLimit, Cache: config.Cache}
	if limits.MemoryLimit == 0 {
		limits.MemoryLimit = 1 << 30
	}
	module := config.FullModule
	if module == nil {
		module = fullModule
	}
	// Unlike the guest that decides, this one may be interrupted, which makes every call dearer.
	program, err := newProgram(ctx, limits.runtime().WithCloseOnContextDone(true), module)
	if err != nil {
		_ = decider.Close(ctx)
		return nil, err
	}
	e := &Engine{decider: decider, program: program, options: config.Options}
	if err := e.start(ctx); err != nil {
		_ = e.Close(ctx)
		return nil, err
	}
	return e, nil
}

// start makes the guest that reads manifests anew.
func (e *Engine) start(ctx context.Context) error {
	instance, err := e.program.instantiate(ctx)
	if err != nil {
		return err
	}
	functions := map[string]api.Function{}
	for _, name := range []string{"load", "apply", "explain", "rule", "image", "patch", "result"} {
		function := instance.module.ExportedFunction("portcullis_" + name)
		if function == nil {
			instance.close()
			return fmt.Errorf("%w: it does not export portcullis_%s", ErrGuest, name)
		}
		functions[name] = function
	}
	// Guests of minor version 0 do not have these.
	for _, name := range []string{"list", "diff"} {
		functions[name] = instance.module.ExportedFunction("portcullis_" + name)
	}
	e.reader, e.loaded = &reader{instance: instance, functions: functions}, false
	return nil
}

// Close waits for calls that are under way and ends all guests. Later calls deny.
func (e *Engine) Close(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil
	}
	e.closed = true
	return errors.Join(e.decider.Close(ctx), e.program.close(ctx))
}

// Load makes the objects those of the sources, whatever they were before. Decisions change all at once.
//
// The context bounds how long the guest may take. A [ManifestError] says that nothing has changed, because the manifests
// are wrong; with ErrLost nothing has changed either, and the next change has to be a Load.
func (e *Engine) Load(ctx context.Context, sources []Source) (Report, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.reader == nil && !e.closed {
		if err := e.start(ctx); err != nil {
			return Report{}, err
		}
	}
	return e.change(ctx, "load", e.whole(sources))
}

// loadRequest is a whole state.
type loadRequest struct {
	Sources  []Source                `json:"sources"`
	Options  map[string]string       `json:"options,omitempty"`
	Resolved map[string][]netip.Addr `json:"resolved,omitempty"`
}

// whole is the state that sources stand for.
func (e *Engine) whole(sources []Source) loadRequest {
	return loadRequest{append([]Source{}, sources...), e.options, e.resolved}
}

// Apply removes and puts objects, and says what domain names resolve to, as one transaction. Errors are as for [Engine.Load]; ErrRequest says that what is to
// be removed is not there.
func (e *Engine) Apply(ctx context.Context, change Change) (Report, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.reader == nil && !e.closed {
		return Report{}, ErrLost
	}
	// Nil and no addresses are the same to whoever calls, and not in JSON.
	resolved := make(map[string][]netip.Addr, len(change.Resolved))
	for name, addresses := range change.Resolved {
		resolved[name] = append([]netip.Addr{}, addresses...)
	}
	change.Resolved = resolved
	report, err := e.change(ctx, "apply", change)
	if err == nil && len(resolved) > 0 {
		known := maps.Clone(e.resolved)
		if known == nil {
			known = map[string][]netip.Addr{}
		}
		maps.Copy(known, resolved)
		maps.DeleteFunc(known, func(_ string, addresses []netip.Addr) bool { return len(addresses) == 0 })
		e.resolved = known
	}
	return report, err
}

// change has the guest change its objects, and the decider follow.
func (e *Engine) change(ctx context.Context, function string, request any) (Report, error) {
	answer, err := e.ask(ctx, function, request)
	if err != nil {
		return Report{}, err
	}
	var result struct {
		Report Report `json:"report"`
	}
	if err := json.Unmarshal(answer, &result); err != nil {
		return Report{}, e.lost(fmt.Errorf("%w: its answer is no JSON: %w", ErrGuest, err))
	}
	if !result.Report.Valid {
		return result.Report, &ManifestError{Report: result.Report}
	}
	if e.loaded {
		delta, err := e.result(ctx, "patch")
		if err != nil {
			return result.Report, e.lost(err)
		}
		if len(delta) > 0 && e.decider.ApplyDelta(ctx, delta) == nil {
			return result.Report, nil
		}
	}
	image, err := e.result(ctx, "image")
	if err == nil {
		err = e.decider.SetImage(ctx, image)
	}
	if err != nil {
		return result.Report, e.lost(err)
	}
	e.loaded = true
	return result.Report, nil
}

// ask passes a request as JSON, and gives a copy of the answer.
func (e *Engine) ask(ctx context.Context, function string, request any) ([]byte, error) {
	if e.closed {
		return nil, ErrClosed
	}
	if e.reader == nil {
		return nil, ErrLost
	}
	if e.reader.functions[function] == nil {
		return nil, fmt.Errorf("%w: the guest does not export portcullis_%s", errors.ErrUnsupported, function)
	}
	text, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	var answer []byte
	err = e.reader.lend(ctx, text, func(at uint64) error {
		length, err := e.reader.status(ctx, e.reader.functions[function], at, uint64(len(text)))
		if err == nil {
			answer, err = e.reader.answer(ctx, length)
		}
		return err
	})
	if errors.Is(err, ErrGuest) {
		return nil, e.lost(err)
	}
	return answer, err
}

// result calls a function that takes nothing, and gives a copy of the answer.
func (e *Engine) result(ctx context.Context, function string) ([]byte, error) {
	length, err := e.reader.status(ctx, e.reader.functions[function])
	if err != nil {
		return nil, err
	}
	return e.reader.answer(ctx, length)
}

func (r *reader) answer(ctx context.Context, length uint32) ([]byte, error) {
	at, err := r.call(ctx, r.functions["result"])
	if err != nil {
		return nil, err
	}
	answer, ok := r.memory.Read(uint32(at), length)
	if !ok {
		return nil, fmt.Errorf("%w: its answer lies outside of its memory", ErrGuest)
	}
	return append([]byte(nil), answer...), nil
}

// lost throws away the guest that reads manifests, because nobody knows in what state it is.
func (e *Engine) lost(err error) error {
	if e.reader != nil {
		e.reader.close()
		e.reader = nil
	}
	return fmt.Errorf("%w: %w", ErrLost, err)
}

// End is an end of a question: one of the four.
type End struct {
	// Pod is a pod as "namespace/name".
	Pod string `json:"pod,omitempty"`
	// Workload is all pods of a workload as "namespace/kind/name".
	Workload string `json:"workload,omitempty"`
	// Service is a service as "namespace/name"; only a destination can be one.
	Service string `json:"service,omitempty"`
	// IP is an address; one that a pod owns is that pod.
	IP string `json:"ip,omitempty"`
}

// Question asks why a packet may pass or not.
type Question struct {
	// From is where it comes from.
	From End `json:"from"`
	// To is where it goes.
	To End `json:"to"`
	// Protocol is "TCP", "UDP", "SCTP", or the number of a protocol without ports.
	Protocol any `json:"protocol"`
	// Port is the destination port, a number or a name; nil for protocols without ports.
	Port any `json:"port,omitempty"`
}

// Explain says which policies were asked and which rule decided or came nearest, as JSON:
// {"answers": [{"allowed", "egress": {"allowed", "reason", "rule"}, "ingress", "why"}]}, an answer for each pod that an
// end stands for. To a service there is one for each path, with its "endpoint", "port" and "source", and "refused" says
// why there is none.
func (e *Engine) Explain(ctx context.Context, question Question) (json.RawMessage, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.ask(ctx, "explain", question)
}

// RuleName names the rule at a place that a decision of the newest generation has, such as "shop/db spec.ingress[0]";
// empty where there is none.
func (e *Engine) RuleName(ctx context.Context, place uint32) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || e.reader == nil || place == NoRule {
		return ""
	}
	length, err := e.reader.status(ctx, e.reader.functions["rule"], uint64(place))
	if err != nil {
		return ""
	}
	name, _ := e.reader.answer(ctx, length)
	return strings.ToValidUTF8(string(name), "")
}

// Image is a copy of the compiled image, for a [Decider] elsewhere.
func (e *Engine) Image(ctx context.Context) ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, ErrClosed
	}
	if e.reader == nil {
		return nil, ErrLost
	}
	return e.result(ctx, "image")
}

// Decide is as [Decider.Decide].
func (e *Engine) Decide(packet Packet) Decision { return e.decider.Decide(packet) }

// DecideBatch is as [Decider.DecideBatch].
func (e *Engine) DecideBatch(packets []Packet, decisions []Decision) error {
	return e.decider.DecideBatch(packets, decisions)
}

// Reasons is as [Worker.Reasons].
func (e *Engine) Reasons(packet *Packet) (egress, ingress Reason) { return e.decider.Reasons(packet) }

// Worker is as [Decider.Worker].
func (e *Engine) Worker() *Worker { return e.decider.Worker() }

// Stats is as [Decider.Stats].
func (e *Engine) Stats() Stats { return e.decider.Stats() }
