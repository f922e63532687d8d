namespace Rescind.Authority.Stores.Memory;

/// <summary>Writes what a decision changes. Whoever does it holds the lock of the data.</summary>
internal static class MemoryChanges
{
    /// <summary>Whether what a decision rests on still holds.</summary>
    public static bool Hold(MemoryData data, IReadOnlyList<Condition> conditions) => conditions.All(condition => condition switch
    {
        HeadIs head => data.Head.Position == head.Position,
        RegistryIs registry => data.Registry == registry.Version,
        SessionIs session => data.Find(session.Row.Session.Id)?.Row == session.Row,
        _ => throw new ArgumentException($"Memory does not know {condition.GetType().Name}.", nameof(conditions)),
    });

    /// <summary>Writes all of it; what was appended to the log.</summary>
    public static IReadOnlyList<LogEntry> Apply(MemoryData data, Changes changes, Present present, int maxKeysOfOneActor)
    {
        var appended = new List<LogEntry>();
        data.Last = changes.Last > data.Last ? changes.Last : data.Last;
        data.Minted = Math.Max(data.Minted, changes.Minted);
        foreach (var change in changes.List)
        {
            switch (change)
            {
                case AppendEntry entry:
                    Append(data, entry.Entry);
                    appended.Add(entry.Entry);
                    break;
                case AddAudit line:
                    Note(data, line, present);
                    break;
                case KeepAnswer kept:
                    Keep(data, kept, maxKeysOfOneActor);
                    break;
                default:
                    if (!ApplyToSession(data, change) && !ApplyToAct(data, change) && !ApplyToRegistry(data, change))
                    {
                        throw new ArgumentException($"Memory does not write {change.GetType().Name}.", nameof(changes));
                    }

                    break;
            }
        }

        data.Version++;
        return appended;
    }

    private static bool ApplyToSession(MemoryData data, Change change)
    {
        switch (change)
        {
            case InsertSession inserted:
                data.SessionNumbers.Add(inserted.Session.Id, ++data.LastSession);
                data.Sessions.Add(data.LastSession, new(data.LastSession, inserted.Session));
                return true;
            case RotateSession rotated:
                Replace(data, rotated.Number, session => session with
                {
                    Generation = rotated.To, LastRefreshedAt = rotated.LastRefreshedAt, IdleExpiresAt = rotated.IdleExpiresAt,
                });
                return true;
            case RepeatSession repeated:
                Replace(data, repeated.Number, session => session with { RetriesInARow = repeated.Retries });
                data.Sessions[repeated.Number] = data.Sessions[repeated.Number] with { RepeatedGeneration = repeated.Generation };
                return true;
            case ChangeSession changed:
                Replace(data, changed.Number, session => session with
                {
                    Claims = changed.Session.Claims, ClaimsSince = changed.Session.ClaimsSince, Tags = changed.Session.Tags,
                    Device = changed.Session.Device,
                });
                return true;
            case EndSession ended:
                if (data.Find(ended.Id) is { Session.EndedBy: null } row)
                {
                    data.Sessions[row.Number] =
                        row with { Session = row.Session with { EndedBy = ended.By }, EndedAt = ended.At };
                }

                return true;
            case ReopenSession reopened:
                if (data.Find(reopened.Id) is { } found && found.Session.EndedBy == reopened.From)
                {
                    var session = found.Session with { EndedBy = reopened.To?.Position };
                    data.Sessions[found.Number] = found with { Session = session, EndedAt = reopened.To?.At };
                }

                return true;
            default:
                return false;
        }
    }

    private static bool ApplyToAct(MemoryData data, Change change)
    {
        switch (change)
        {
            case AddAct added:
                data.Acts.Add(added.Act.Position.Value, added.Act);
                data.ActsOf.TryAdd((added.Act.Issuer, added.Act.Match), []);
                data.ActsOf[(added.Act.Issuer, added.Act.Match)].Add(added.Act.Position);
                return true;
            case LiftAct lifted:
                data.Acts[lifted.Act.Value] = data.Acts[lifted.Act.Value] with { LiftedBy = lifted.By };
                return true;
            case CountAct counted:
                data.Acts[counted.Act.Value] = data.Acts[counted.Act.Value] with { Sessions = counted.Sessions };
                return true;
            case MoveCutoff moved:
                data.Acts[moved.Act.Position.Value] = data.Acts[moved.Act.Position.Value] with
                {
                    BySession = moved.Act.BySession, Second = moved.Act.Second,
                };
                return true;
            case SelectSession selected:
                data.Selected.TryAdd(selected.Act, []);
                data.Selected[selected.Act].Add(selected.SessionId);
                data.SelectedBy.TryAdd(selected.SessionId, []);
                data.SelectedBy[selected.SessionId].Add(selected.Act);
                return true;
            case UnselectSession unselected:
                data.Selected[unselected.Act].Remove(unselected.SessionId);
                data.SelectedBy[unselected.SessionId].Remove(unselected.Act);
                return true;
            case BeginSpread begun:
                data.Spreads.TryAdd(begun.Act, default);
                return true;
            case AdvanceSpread advanced:
                data.Spreads[advanced.Act] = (advanced.After, advanced.Scanned);
                return true;
            case EndSpread ended:
                data.Spreads.Remove(ended.Act);
                return true;
            default:
                return false;
        }
    }

    private static bool ApplyToRegistry(MemoryData data, Change change)
    {
        switch (change)
        {
            case RaiseRegistry raised:
                data.Registry = raised.Version;
                return true;
            case SaveIssuer saved:
                data.Issuers[saved.Record.Issuer] = (saved, IsRemoved: false);
                return true;
            case RemoveIssuer gone:
                if (data.Issuers.TryGetValue(gone.Issuer, out var known))
                {
                    data.Issuers[gone.Issuer] = known with { IsRemoved = true };
                }

                return true;
            case SaveKey key:
                data.Keys[key.Key.Id] = key;
                return true;
            case RemoveLogout logout:
                data.Logouts.Remove(logout.Number);
                return true;
            case SettleRestore:
                data.Restored = false;
                return true;
            case SaveClient client:
                var since = data.Clients.GetValueOrDefault(client.Record.ClientId).LogoutSince ?? client.Position;
                data.Clients[client.Record.ClientId] = (client.Record, client.Record.LogoutUri is null ? null : since);
                return true;
            case RemoveClient removed:
                data.Clients.Remove(removed.ClientId);
                return true;
            default:
                return false;
        }
    }

    private static void Append(MemoryData data, LogEntry entry)
    {
        data.Head = data.Head.Then(entry);
        data.Log.Add(entry.Position.Value, (entry, data.Head.Chain));
        data.Newest = Math.Max(data.Newest, entry.At);
        if (entry.State is not null)
        {
            data.States[(entry.Issuer, entry.Match!)] = entry;
        }
    }

    private static void Note(MemoryData data, AddAudit line, Present present)
    {
        var position = line.Position ?? (data.Last = data.Last.Next(present.Now));
        var about = line.About;
        data.Newest = Math.Max(data.Newest, present.Second);
        data.Audit.Add(position.Value, new()
        {
            Position = position, At = present.Second, Actor = line.Audit.Actor, Action = line.Action, Issuer = about.Issuer,
            Match = about.Match, Effect = about.Effect, Reason = about.Reason, Subject = about.Subject,
            SessionId = about.SessionId, Address = line.Audit.Address,
            RequestId = line.Audit.RequestId,
        });
    }

    // Nobody fills the memory with keys alone. Two go for one that comes, so that a smaller share is reached as well.
    private static void Keep(MemoryData data, KeepAnswer kept, int share)
    {
        data.Answers[(kept.Key.Actor, kept.Key.Key)] = (kept.Answer, kept.At);
        var others = data.Answers.Where(answer => answer.Key.Actor == kept.Key.Actor && answer.Key.Key != kept.Key.Key).ToList();
        foreach (var (key, _) in others.OrderBy(static answer => answer.Value.At)
            .Take(Math.Clamp(others.Count + 1 - share, 0, 2)))
        {
            data.Answers.Remove(key);
        }
    }

    private static void Replace(MemoryData data, long number, Func<Session, Session> change) =>
        data.Sessions[number] = data.Sessions[number] with { Session = change(data.Sessions[number].Session) };
}
