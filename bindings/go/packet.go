package portcullis

import (
	"encoding/binary"
	"net/netip"
	"unsafe"
)

// Protocol numbers of IP that policies know.
const (
	TCP  = 6
	UDP  = 17
	SCTP = 132
)

// Flags of a [Packet]: what the caller knows and the image does not.
const (
	// ViaService says that the destination was a service's address.
	ViaService = 1 << iota
	// FromOwnNode says that the source is the node that the destination runs on.
	FromOwnNode
	// Reply says that the packet goes from the destination of an allowed connection back to its source.
	Reply
	// SkipEgress says that the egress side is decided elsewhere.
	SkipEgress
	// SkipIngress says that the ingress side is decided elsewhere.
	SkipIngress
	// ToOwnNode says that the destination is the node that the source runs on.
	ToOwnNode
	// Established says that the packet is a later one of a connection that was allowed when it began.
	Established
	// SamePod says that both addresses are one pod's; equal addresses need not be flagged.
	SamePod
)

const (
	packetBytes   = 40
	decisionBytes = 16
)

// Packet is a packet as the guest reads it: 40 bytes without padding.
type Packet struct {
	// Source is the source address in network order, IPv4 as mapped IPv6.
	Source [16]byte
	// Destination is the destination address likewise, after any service has been resolved.
	Destination [16]byte
	// SourcePort is little-endian, and zero where there is none.
	SourcePort [2]byte
	// DestinationPort is little-endian, and zero where there is none.
	DestinationPort [2]byte
	// Protocol is the number of the IP protocol.
	Protocol uint8
	// Flags are those above.
	Flags uint8
	// ICMPType is the type of an ICMP packet.
	ICMPType uint8
	// ICMPCode is the code of an ICMP packet.
	ICMPCode uint8
}

// NewPacket is the first packet of a connection. Addresses with zones lose them; an invalid address is the unspecified
// one, which no policy allows by name.
func NewPacket(source, destination netip.Addr, protocol uint8, port uint16) Packet {
	p := Packet{Protocol: protocol}
	if source.IsValid() {
		p.Source = source.As16()
	}
	if destination.IsValid() {
		p.Destination = destination.As16()
	}
	binary.LittleEndian.PutUint16(p.DestinationPort[:], port)
	return p
}

// bytesOf is the memory of packets.
func bytesOf(packets []Packet) []byte {
	if len(packets) == 0 {
		return nil
	}
	// A packet is made of bytes only, so it has neither padding nor an order of bytes of its own.
	return unsafe.Slice((*byte)(unsafe.Pointer(&packets[0])), len(packets)*packetBytes)
}

// Verdict says whether a packet may pass.
type Verdict uint8

// The verdicts. Zero denies, and so does any number that is none.
const (
	Deny  Verdict = 0
	Allow Verdict = 1
)

// String is "allowed" or "denied".
func (v Verdict) String() string {
	if v == Allow {
		return "allowed"
	}
	return "denied"
}

// Reason says why a side decided as it did; each has one verdict.
type Reason uint8

// The reasons.
const (
	// NotEvaluated denies: the side was not evaluated, which never means allowed.
	NotEvaluated Reason = 0
	// Isolated denies: a policy isolates the pod in this direction, and no rule allows the packet.
	Isolated Reason = 1
	// ProtocolDenied denies: the options deny the protocol to isolated pods.
	ProtocolDenied Reason = 2
	// DenyRule denies: a rule that denies matches.
	DenyRule Reason = 3
	// Rule allows: a rule matches.
	Rule Reason = 16
	// NoPolicy allows: no policy isolates the pod in this direction.
	NoPolicy Reason = 17
	// NotAPod allows: this end is no pod, and policies select pods only.
	NotAPod Reason = 18
	// HostNetwork allows: this end is a pod that stands for its node.
	HostNetwork Reason = 19
	// FinishedPod allows: this end is a pod that has ended.
	FinishedPod Reason = 20
	// Loopback allows: a pod reaches itself.
	Loopback Reason = 21
	// OwnNode allows: the pod's own node is at the other end.
	OwnNode Reason = 22
	// ProtocolExempt allows: the options exempt the protocol.
	ProtocolExempt Reason = 23
	// ReplyAllowed allows: a reply of an allowed connection.
	ReplyAllowed Reason = 24
	// EstablishedAllowed allows: the connection was allowed when it began.
	EstablishedAllowed Reason = 25
	// Skipped allows here: the caller asked to leave the side out.
	Skipped Reason = 26
)

// reasonNames has nothing at numbers that are no reason. It is no map: a call that decides one packet asks it twice.
var reasonNames = [...]string{
	NotEvaluated: "not-evaluated", Isolated: "isolated", ProtocolDenied: "protocol-denied", Rule: "rule",
	NoPolicy: "no-policy", NotAPod: "not-a-pod", HostNetwork: "host-network", FinishedPod: "finished-pod",
	Loopback: "loopback", OwnNode: "own-node", ProtocolExempt: "protocol-exempt", ReplyAllowed: "reply",
	EstablishedAllowed: "established", Skipped: "skipped", DenyRule: "deny-rule",
}

// String is the stable code of the reason, such as "isolated".
func (r Reason) String() string {
	if r.isKnown() {
		return reasonNames[r]
	}
	return reasonNames[NotEvaluated]
}

func (r Reason) isKnown() bool { return int(r) < len(reasonNames) && reasonNames[r] != "" }

// Verdict is the verdict that goes with the reason.
func (r Reason) Verdict() Verdict {
	if r >= Rule && r.isKnown() {
		return Allow
	}
	return Deny
}

// NoRule is the place of a rule where none decided.
const NoRule = ^uint32(0)

// Decision is the answer to a packet. Its zero value reads "denied, not evaluated".
type Decision struct {
	// Verdict says whether the packet may pass.
	Verdict Verdict
	// EgressReason is why the source's policies say so.
	EgressReason Reason
	// IngressReason is why the destination's policies say so.
	IngressReason Reason
	// EgressRule is where the image keeps the rule that decided, or NoRule.
	EgressRule uint32
	// IngressRule is as EgressRule, for the other side.
	IngressRule uint32
	// Generation is that of the image that answered.
	Generation uint32
}

// Allowed says whether the packet may pass.
func (d Decision) Allowed() bool { return d.Verdict == Allow }

// isLittleEndian says whether this machine's numbers are written as the guest's are.
var isLittleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// A Decision lies in memory as a record does: this does not compile where a field has another place.
var _ = [1]struct{}{}[unsafe.Sizeof(Decision{})-decisionBytes|
	unsafe.Offsetof(Decision{}.EgressReason)-1|unsafe.Offsetof(Decision{}.IngressReason)-2|
	unsafe.Offsetof(Decision{}.EgressRule)-4|unsafe.Offsetof(Decision{}.IngressRule)-8|
	unsafe.Offsetof(Decision{}.Generation)-12]

// readAll reads a decision from each record. There are as many bytes as the decisions take.
func readAll(decisions []Decision, records []byte) {
	if isLittleEndian && len(decisions) > 0 {
		// All at once, since one by one takes longer. Of the byte between the fields Go makes nothing.
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&decisions[0])), len(decisions)*decisionBytes), records)
		return
	}
	for at := range decisions {
		decisions[at].read(records[at*decisionBytes:])
	}
}

func (d *Decision) read(record []byte) {
	_ = record[decisionBytes-1]
	*d = Decision{
		Verdict:       Verdict(record[0]),
		EgressReason:  Reason(record[1]),
		IngressReason: Reason(record[2]),
		EgressRule:    binary.LittleEndian.Uint32(record[4:]),
		IngressRule:   binary.LittleEndian.Uint32(record[8:]),
		Generation:    binary.LittleEndian.Uint32(record[12:]),
	}
}
