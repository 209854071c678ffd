// Package knp makes an evaluator of kube-network-policies from a [portcullis.Engine]: it has the place of their
// StandardNetworkPolicy in a PolicyEngine, watches the same informers, and decides the same, by a compiled image.
//
// Where a policy isolates a pod in a direction, the answer is Accept or Deny; where none does, Next, so that evaluators
// of other APIs that come after it have their say.
//
// It never fails open. As long as nothing is loaded, and for pods that the caller knows and this package does not know
// yet, everything is denied. A policy that no API server would hold counts as one that isolates its pods and has no rule.
package knp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	coreinformers "k8s.io/client-go/informers/core/v1"
	networkinginformers "k8s.io/client-go/informers/networking/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	portcullis "portcullis.dev/go"
	"sigs.k8s.io/kube-network-policies/pkg/api"
	"sigs.k8s.io/kube-network-policies/pkg/network"
)

// Options are those by which StandardNetworkPolicy decides: a pod to itself and its own node are policed, and pods that
// have ended are pods until another one has their address.
func Options() map[string]string {
	return map[string]string{"loopback": "evaluated", "node-to-own-pod": "policed", "finished-pods": "kept"}
}

// Config says whose pods are managed and how they are decided.
type Config struct {
	// NodeName is the node whose pods [Evaluator.ManagedIPs] names.
	NodeName string
	// Engine says how guests run and what differs from the specification's reading; nil options are [Options].
	Engine portcullis.EngineConfig
}

const (
	// changesAtOnce is how many objects one transaction changes at most.
	changesAtOnce = 1024
	// patience is how long a transaction may take, and retry how long the next attempt waits after one that failed.
	patience = time.Minute
	retry    = time.Second
)

// Evaluator implements the PolicyEvaluator of kube-network-policies. It is safe for any number of goroutines.
type Evaluator struct {
	engine   *portcullis.Engine
	nodeName string
	objects  objects
	synced   []cache.InformerSynced

	mu      sync.Mutex
	dirty   map[portcullis.Object]struct{}
	working bool
	wake    chan struct{}

	// known and refused belong to Run's goroutine.
	known   map[portcullis.Object]bool
	refused map[portcullis.Object]bool

	loaded   atomic.Bool
	callback atomic.Pointer[api.SyncFunc]
}

var _ api.PolicyEvaluator = (*Evaluator)(nil)

// New makes an evaluator and registers it with the informers, which the caller starts. [Evaluator.Run] has to run for it
// to learn anything.
func New(
	ctx context.Context,
	config Config,
	namespaces coreinformers.NamespaceInformer,
	pods coreinformers.PodInformer,
	policies networkinginformers.NetworkPolicyInformer,
) (*Evaluator, error) {
	if config.Engine.Options == nil {
		config.Engine.Options = Options()
	}
	engine, err := portcullis.New(ctx, config.Engine)
	if err != nil {
		return nil, err
	}
	e := &Evaluator{
		engine:   engine,
		nodeName: config.NodeName,
		objects:  objects{namespaces.Lister(), pods.Lister(), policies.Lister()},
		dirty:    map[portcullis.Object]struct{}{},
		wake:     make(chan struct{}, 1),
	}
	for kind, informer := range map[string]cache.SharedIndexInformer{
		kindNamespace: namespaces.Informer(), kindPod: pods.Informer(), kindPolicy: policies.Informer(),
	} {
		registration, err := informer.AddEventHandler(e.handler(kind))
		if err != nil {
			return nil, errors.Join(err, engine.Close(ctx))
		}
		e.synced = append(e.synced, registration.HasSynced)
	}
	return e, nil
}

func (e *Evaluator) handler(kind string) cache.ResourceEventHandler {
	changed := func(object any) {
		key, err := cache.DeletionHandlingMetaNamespaceKeyFunc(object)
		if err != nil {
			klog.ErrorS(err, "An object without a name", "kind", kind)
			return
		}
		namespace, name, err := cache.SplitMetaNamespaceKey(key)
		if err != nil {
			klog.ErrorS(err, "An object without a name", "kind", kind, "key", key)
			return
		}
		e.mu.Lock()
		e.dirty[portcullis.Object{Kind: kind, Namespace: namespace, Name: name}] = struct{}{}
		e.mu.Unlock()
		e.signal()
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    changed,
		UpdateFunc: func(_, object any) { changed(object) },
		DeleteFunc: changed,
	}
}

func (e *Evaluator) signal() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// Run keeps the engine up to date until the context ends. Then everything is denied.
func (e *Evaluator) Run(ctx context.Context) error {
	defer func() {
		e.loaded.Store(false)
		if err := e.engine.Close(context.WithoutCancel(ctx)); err != nil {
			klog.ErrorS(err, "Closing the engine")
		}
	}()
	if !cache.WaitForCacheSync(ctx.Done(), e.synced...) {
		return ctx.Err()
	}
	for {
		if err := e.follow(ctx); err != nil {
			klog.ErrorS(err, "Policies are not up to date; the next attempt follows")
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(retry):
			}
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-e.wake:
		}
	}
}

// Settled says whether every change that the informers have told of is in effect.
func (e *Evaluator) Settled() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.loaded.Load() && len(e.dirty) == 0 && !e.working
}

// follow applies everything that has changed.
func (e *Evaluator) follow(ctx context.Context) error {
	for {
		changed := e.take()
		err := e.apply(ctx, changed)
		e.mu.Lock()
		e.working = false
		if err != nil {
			for _, object := range changed {
				e.dirty[object] = struct{}{}
			}
		}
		rest := len(e.dirty)
		e.mu.Unlock()
		if err != nil || rest == 0 {
			return err
		}
	}
}

// take gives what has changed, and makes that no change any more.
func (e *Evaluator) take() []portcullis.Object {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.working = true
	changed := make([]portcullis.Object, 0, min(len(e.dirty), changesAtOnce))
	for object := range e.dirty {
		if len(changed) == changesAtOnce {
			break
		}
		changed = append(changed, object)
		delete(e.dirty, object)
	}
	return changed
}

func (e *Evaluator) apply(ctx context.Context, changed []portcullis.Object) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if !e.loaded.Load() {
		if err := e.load(ctx); err != nil {
			return err
		}
	} else if len(changed) == 0 {
		return nil
	}
	err := e.transact(ctx, changed, strict)
	if errors.Is(err, portcullis.ErrLost) {
		e.loaded.Store(false)
	}
	if err == nil {
		e.loaded.Store(true)
		if callback := e.callback.Load(); callback != nil {
			(*callback)()
		}
	}
	return err
}

// load begins anew, with everything that the informers know.
func (e *Evaluator) load(ctx context.Context) error {
	e.known, e.refused = map[portcullis.Object]bool{}, map[portcullis.Object]bool{}
	if _, err := e.engine.Load(ctx, nil); err != nil {
		return err
	}
	all, err := e.objects.all()
	if err != nil {
		return err
	}
	for len(all) > 0 {
		count := min(len(all), changesAtOnce)
		if err := e.transact(ctx, all[:count], strict); err != nil {
			return err
		}
		all = all[count:]
	}
	return nil
}

// transact puts or removes objects, whichever the informers say. Objects that are refused among others are put alone,
// those that are refused alone by something that stands in for them.
func (e *Evaluator) transact(ctx context.Context, changed []portcullis.Object, how strength) error {
	change := portcullis.Change{}
	for _, object := range changed {
		text, err := e.objects.manifest(object, how)
		if err != nil {
			return err
		}
		switch {
		case text != "":
			name := fmt.Sprintf("%s %s/%s", object.Kind, object.Namespace, object.Name)
			change.Put = append(change.Put, portcullis.Source{Name: name, Text: text})
		case e.known[object]:
			change.Remove = append(change.Remove, object)
		}
	}
	if len(change.Put)+len(change.Remove) > 0 {
		_, err := e.engine.Apply(ctx, change)
		var refused *portcullis.ManifestError
		if errors.As(err, &refused) {
			return e.lenient(ctx, changed, how, err)
		}
		if err != nil {
			return err
		}
	}
	for _, object := range change.Remove {
		delete(e.known, object)
		delete(e.refused, object)
	}
	for _, object := range changed {
		if text, err := e.objects.manifest(object, how); err == nil && text != "" {
			e.known[object] = true
		}
	}
	return nil
}

func (e *Evaluator) lenient(ctx context.Context, changed []portcullis.Object, how strength, why error) error {
	if len(changed) > 1 {
		for _, object := range changed {
			if err := e.transact(ctx, []portcullis.Object{object}, how); err != nil {
				return err
			}
		}
		return nil
	}
	object := changed[0]
	klog.ErrorS(why, "An object is refused; something stricter stands in for it", "object", object)
	e.refused[object] = true
	if how < weakest {
		return e.transact(ctx, changed, how+1)
	}
	// Whatever it was, it is not what it is called any more. A pod that is unknown is denied.
	if e.known[object] {
		if _, err := e.engine.Apply(ctx, portcullis.Change{Remove: changed}); err != nil {
			return err
		}
		delete(e.known, object)
	}
	return nil
}

// Name is "Portcullis".
func (e *Evaluator) Name() string { return "Portcullis" }

// Ready says whether the informers have synced and what they know is in effect.
func (e *Evaluator) Ready() bool { return e.loaded.Load() }

// SetDataplaneSyncCallback has a function called whenever policies, pods or namespaces have changed.
func (e *Evaluator) SetDataplaneSyncCallback(sync api.SyncFunc) {
	if sync != nil {
		e.callback.Store(&sync)
	}
}

// EvaluateIngress decides by the policies of the destination.
func (e *Evaluator) EvaluateIngress(
	_ context.Context, p *network.Packet, _, destination *api.PodInfo,
) (api.Verdict, error) {
	if destination == nil {
		return api.VerdictNext, nil
	}
	_, reason := e.reasons(p)
	return verdict(reason), nil
}

// EvaluateEgress decides by the policies of the source.
func (e *Evaluator) EvaluateEgress(
	_ context.Context, p *network.Packet, source, _ *api.PodInfo,
) (api.Verdict, error) {
	if source == nil {
		return api.VerdictNext, nil
	}
	reason, _ := e.reasons(p)
	return verdict(reason), nil
}

// verdict is what a side's reason means to a pipeline, for an end that the caller knows to be a pod.
func verdict(reason portcullis.Reason) api.Verdict {
	switch {
	case reason == portcullis.NoPolicy:
		return api.VerdictNext
	case reason == portcullis.NotAPod:
		// The caller knows a pod that has not got here yet: nobody can say which policies it is under.
		return api.VerdictDeny
	case reason.Verdict() == portcullis.Allow:
		return api.VerdictAccept
	default:
		return api.VerdictDeny
	}
}

// otherProtocol stands for every protocol without ports: the caller does not say which one it is.
const otherProtocol = 255

func (e *Evaluator) reasons(p *network.Packet) (egress, ingress portcullis.Reason) {
	source, sourceOK := netip.AddrFromSlice(p.SrcIP)
	destination, destinationOK := netip.AddrFromSlice(p.DstIP)
	if !sourceOK || !destinationOK || p.DstPort < 0 || p.DstPort > 65535 {
		return portcullis.NotEvaluated, portcullis.NotEvaluated
	}
	protocol := uint8(otherProtocol)
	switch p.Proto {
	case corev1.ProtocolTCP:
		protocol = portcullis.TCP
	case corev1.ProtocolUDP:
		protocol = portcullis.UDP
	case corev1.ProtocolSCTP:
		protocol = portcullis.SCTP
	}
	packet := portcullis.NewPacket(source, destination, protocol, uint16(p.DstPort))
	return e.engine.Reasons(&packet)
}

// ManagedIPs names the addresses of this node's pods that some policy isolates, and of those that are not known yet.
// Until everything is loaded, all traffic is asked for.
func (e *Evaluator) ManagedIPs(context.Context) (ips []netip.Addr, divertAll bool, err error) {
	if !e.Ready() {
		return nil, true, nil
	}
	pods, err := e.objects.pods.List(labels.Everything())
	if err != nil {
		return nil, false, fmt.Errorf("listing pods: %w", err)
	}
	// An address that is no pod's asks what a pod's own side says.
	outside := [2]netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}
	w := e.engine.Worker()
	defer w.Release()
	for _, pod := range pods {
		if pod.Spec.NodeName != e.nodeName || pod.Spec.HostNetwork {
			continue
		}
		for _, podIP := range pod.Status.PodIPs {
			ip, err := netip.ParseAddr(podIP.IP)
			if err != nil {
				continue
			}
			other := outside[0]
			if ip.Is6() {
				other = outside[1]
			}
			out := portcullis.NewPacket(ip, other, portcullis.TCP, 1)
			in := portcullis.NewPacket(other, ip, portcullis.TCP, 1)
			egress, _ := w.Reasons(&out)
			_, ingress := w.Reasons(&in)
			if egress != portcullis.NoPolicy || ingress != portcullis.NoPolicy {
				ips = append(ips, ip)
			}
		}
	}
	return ips, false, nil
}
