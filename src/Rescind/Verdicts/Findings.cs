namespace Rescind;

/// <summary>What the map says of one token, gathered over every match and every log before the clock is read.</summary>
internal ref struct Findings(TokenFacts facts, IssuerRecord record)
{
    private readonly TokenFacts _facts = facts;
    private readonly bool _own = record.Own;
    private readonly bool _issuedAtAbsent = record.IssuedAtAbsent;
    private readonly long _skew = record.LimitsFor(facts.IssuedAt ?? long.MaxValue).ClockSkew;
    private readonly long _loginSkew = record.LimitsFor(facts.AuthTime ?? long.MaxValue).ClockSkew;

    // The map that is looked at, if it is one of an older log, and that of the present one.
    private FrozenMap? _frozen;
    private RevocationSet? _present;

    public LogPosition KeyBy { get; private set; }

    public LogPosition EndBy { get; private set; }

    public Slot Block { get; private set; }

    public LogPosition RenewBy { get; private set; }

    public Slot Reauthenticate { get; private set; }

    public void Look(FrozenMap older, RevocationSet present, in Probe probe)
    {
        (_frozen, _present) = (older, present);
        Look(older.Set, probe);
        (_frozen, _present) = (null, null);
    }

    public void Look(RevocationSet set, in Probe probe)
    {
        ReadOnlySpan<ProbeText> rest = _facts.Probes.Named;
        while (!rest.IsEmpty)
        {
            var some = Math.Min(Candidates.Most, rest.Length);
            LookAt(set, probe, rest[..some]);
            rest = rest[some..];
        }

        if (set.MayHold(MatchKind.Tag))
        {
            LookAtTags(set, probe);
        }
    }

    private void LookAt(RevocationSet set, in Probe probe, ReadOnlySpan<ProbeText> named)
    {
        var candidates = new Candidates();
        foreach (ref readonly var text in named)
        {
            candidates.Add(set, probe, text);
        }

        if (!set.MayHoldAny(candidates.Probes))
        {
            return;
        }

        for (var i = 0; i < candidates.Count; i++)
        {
            Take(set, candidates.KindAt(i), candidates.Probes[i]);
        }
    }

    private void LookAtTags(RevocationSet set, in Probe probe)
    {
        foreach (var tag in _facts.Probes.Tags)
        {
            if (!set.MayHoldTag(tag.Mark))
            {
                continue;
            }

            foreach (var value in tag.Values)
            {
                Take(set, MatchKind.Tag, probe.Of(MatchKind.Tag, tag.Utf8Name, value));
            }
        }
    }

    private void Take(RevocationSet set, MatchKind kind, UInt128 probe)
    {
        if (!set.TryFind(probe, out var state))
        {
            return;
        }

        if (!state.End.IsEmpty && (MatchKinds.Of(kind).EndsUnconditionally || IsBefore(Reaching(state.End))))
        {
            EndBy = state.End.By > EndBy ? state.End.By : EndBy;
            KeyBy = kind is MatchKind.Key && state.End.By > KeyBy ? state.End.By : KeyBy;
        }

        if (!state.Renew.IsEmpty && IsBefore(Reaching(state.Renew)))
        {
            RenewBy = state.Renew.By > RenewBy ? state.Renew.By : RenewBy;
        }

        var login = IsDatedAnew(state.Reauthenticate, probe) ? default : Reaching(state.Reauthenticate);
        if (!login.IsEmpty && IsLoginBefore(login))
        {
            Reauthenticate = Slot.Merge(Reauthenticate, login, byAct: false);
        }

        Block = Slot.Merge(Block, state.Block, byAct: false);
    }

    // The present log has the act under another date, and our logins: that decides on what is minted under it.
    private readonly bool IsDatedAnew(Slot cutoff, UInt128 probe) =>
        _own && _frozen?.IsFromTheFuture(cutoff, own: true, _facts.LogPosition) == true
        && _present!.TryFind(probe, out var present) && present.Reauthenticate.By == cutoff.By;

    private readonly Slot Reaching(Slot cutoff) => _frozen?.Reaching(cutoff, _own, _facts.LogPosition) ?? cutoff;

    // Ours: minted under a head below the act, exactly. Foreign: whole seconds of another clock, so inclusive and with
    // its skew (T-1, T-3).
    private readonly bool IsBefore(Slot cutoff) =>
        _own ? _facts.LogPosition < cutoff.By : _issuedAtAbsent || _facts.IssuedAt is not { } issued
        || issued <= cutoff.Second + _skew;

    // A login that nobody dated is too old (SU-7).
    private readonly bool IsLoginBefore(Slot cutoff) =>
        _facts.AuthTime is not { } login || login <= cutoff.Second + (_own ? 0 : _loginSkew);
}
