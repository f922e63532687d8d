using System.Text.Json.Nodes;

namespace Rescind.Tests.Laws;

/// <summary>What happens next in a story: the number of the event, and two numbers to draw its details from.</summary>
internal readonly record struct Happening(int Event, int A, int B);

/// <summary>
/// An Authority with a right clock, an issuer that keeps its promises but for a few tokens that live too long, and a verifier
/// that is purged, restarted and whose clock is stepped at will. No lifts and no blocks: those may bring back to life.
/// </summary>
internal sealed class Story
{
    private readonly ManualClock _clock = new(Scenario.Second);
    private readonly List<Revocation> _acts = [];
    private readonly List<Login> _logins = [];
    private readonly List<Minted> _tokens = [];
    private IssuerRecord _issuer;
    private Replica _replica;
    private long _now = Scenario.Second;
    private long _position = Scenario.FirstPosition;
    private long _offset;

    public Story(bool own, bool sendsAuthTime)
    {
        _issuer = TestLog.Record(own, new(300, 2000, own ? 0 : 5, 30)) with { SendsAuthTime = own || sendsAuthTime };
        _replica = Restarted();
    }

    public void Tell(Happening next)
    {
        switch (next.Event)
        {
            case 0 or 1 or 2: Mint(next); break;
            case 3 or 4: Revoke(next); break;
            case 5: _now += next.A % 400; break;
            case 6: _offset = (next.A % 7200) - 3600; break;
            case 7: Purge(); break;
            case 8: _replica = Restarted(); break;
            default: ChangeLimits(next); break;
        }

        (_clock.Now, _clock.SetBy) = (_now, _offset);
        JudgeAll(next);
    }

    private void JudgeAll(Happening after)
    {
        var judge = new Judge(_replica, _clock);
        foreach (var token in _tokens)
        {
            var verdict = judge.Decide(token.Facts, TimeSpan.Zero);
            token.IsDead |= verdict.Kind is VerdictKind.Revoked or VerdictKind.Renew or VerdictKind.Reauthenticate;
            if (token.IsDead && verdict.IsValid && _now < token.AcceptableUntil)
            {
                throw new InvalidOperationException(
                    $"{token.Facts.Token} rose from the dead at {_now - Scenario.Second} after {after}");
            }
        }
    }

    private void Mint(Happening next)
    {
        var login = Login(next);
        var isEnded = _issuer.Own && SessionJudge.Decide(login.ToFacts(), _acts, _now).Kind is not SessionVerdictKind.Live;
        if (isEnded || _now > login.At + login.Lifetime)
        {
            return;
        }

        var limits = _issuer.Limits;
        var issued = _now + (limits.ClockSkew == 0 ? 0 : (next.A % ((2 * limits.ClockSkew) + 1)) - limits.ClockSkew);
        var isRogue = !_issuer.Own && next.B % 3 == 0;
        var expires = issued + 1 + (next.B % (limits.MaxTokenLifetime!.Value * (isRogue ? 3 : 1)));
        var payload = new JsonObject
        {
            ["iss"] = _issuer.Issuer, ["jti"] = $"t{_tokens.Count}", ["sid"] = login.Session, ["sub"] = login.Subject,
            ["client_id"] = "c", ["tenant"] = "x", ["iat"] = issued, ["exp"] = expires, ["lpos"] = _position,
        };
        if (_issuer.SendsAuthTime)
        {
            payload["auth_time"] = login.At;
        }

        _tokens.Add(new(
            TestToken.Read(TestToken.Of(payload), _issuer), expires + _issuer.LimitsFor(issued).Leeway + Retention.ClockMargin));
    }

    private Login Login(Happening next)
    {
        if (_logins.Count == 0 || next.A % 3 == 0)
        {
            _logins.Add(new(
                $"s{_logins.Count}", next.B % 2 == 0 ? "a" : "b", _now, _issuer.Limits.MaxSessionLifetime!.Value,
                new(_position)));
        }

        return _logins[next.B % _logins.Count];
    }

    private void Revoke(Happening next)
    {
        if (_tokens.Count == 0)
        {
            return;
        }

        var facts = _tokens[next.A % _tokens.Count].Facts;
        Match[] matches =
        [
            facts.Token, Match.Session(facts.SessionId!), Match.Subject(facts.Subject!), Match.Client("c"),
            Match.Tag("tenant", "x"), Match.Issuer,
        ];
        var match = matches[next.B % matches.Length];
        var effect = (Effect)(1 + (next.B / 7 % 3));
        effect = match.Allows(effect, _issuer.Own) ? effect : Effect.End;
        var second = _issuer.Own && effect is not Effect.Reauthenticate ? _now : _now - (next.A % 50);
        _position = Math.Max(_position + 1, _now * 1_000_000);
        _acts.Add(new()
        {
            Position = new(_position), At = _now, Issuer = _issuer.Issuer, Match = match, Effect = effect, Second = second,
            Reason = "a story", Actor = "client:laws",
            RememberUntil = Retention.RememberUntil(match, effect, _now, second, tokenExpires: null, _issuer),
        });
        Append(StateOf(match));
    }

    private void Purge()
    {
        _replica.Prove(FreshnessProof.Always, _now);
        _replica.Purge();
    }

    // Without auth_time nothing tells the verifier which logins a changed maximum is for.
    private void ChangeLimits(Happening next)
    {
        if (!_issuer.SendsAuthTime)
        {
            return;
        }

        long Pick(int shift, params long[] choices) => choices[(next.A >> shift) % choices.Length];
        var limits = new IssuerLimits(
            Pick(0, 60, 300, 900), Pick(2, 600, 2000, 5000), _issuer.Own ? 0 : Pick(4, 0, 5, 20), Pick(6, 0, 30, 60));
        _issuer = _issuer.WithLimits(limits, _now);
        Append(TestLog.Entry(_issuer));
    }

    private void Append(LogEntry entry) => _replica.Apply([entry], TestLog.Head("e", _position));

    private LogEntry StateOf(Match match) =>
        TestLog.Entry(_issuer.Issuer, match, RevocationState.Of(_acts.Where(act => act.Match == match), _issuer.Own), _position);

    // A new process: it has what the Authority still remembers.
    private Replica Restarted()
    {
        var replica = Replica.CreateAuthoritative(_clock, Entropy.System);
        var states = _acts.Select(act => act.Match).Distinct().Select(StateOf).Where(entry => entry.State!.RememberUntil >= _now);
        replica.Load(TestLog.Snapshot(replica, "e", _position, [TestLog.Entry(_issuer), .. states]), isFork: false);
        return replica;
    }
}

/// <summary>A login: the session that it began, and how long it may last.</summary>
internal sealed record Login(string Session, string Subject, long At, long Lifetime, LogPosition Started)
{
    public SessionFacts ToFacts() => new(Session, Subject, "c", [new("tenant", "x", Started)], Started, At);
}

/// <summary>A token, and whether any verdict ever called it dead.</summary>
internal sealed class Minted(TokenFacts facts, long acceptableUntil)
{
    public TokenFacts Facts { get; } = facts;

    public long AcceptableUntil { get; } = acceptableUntil;

    public bool IsDead { get; set; }
}
