using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>
/// The record of an issuer is replaced and appended to the log. What was issued under earlier numbers, of a record that was
/// removed since too, goes on being judged by them. The outcome is the record as it is saved.
/// </summary>
internal sealed class SaveIssuerDecision(IssuerRecord record, AuditContext audit) : Decision<IssuerRecord>
{
    public override Step<IssuerRecord> Begin(Present present) =>
        Steps.Ask(new IssuerOf(record.Issuer, OrRemoved: true), previous =>
        {
            var (changes, saved) = (new ChangeList(present), previous is null ? record : record.After(previous, present.Second));
            var entry = changes.NextEntry();
            changes.Append(entry, LogEntryKind.Issuer, record.Issuer, Match.Issuer, saved.ToJson())
                .AddToRegistry(new SaveIssuer(saved, entry, present.Second))
                .Note(entry, "issuer.saved", audit, new(record.Issuer, Match.Issuer));
            return Steps.Done(saved, changes.Build());
        });
}
