namespace Rescind.Tests.Replication;

public sealed class ReplicaRecords
{
    [Fact]
    public void An_issuer_record_that_is_appended_is_the_own_one_at_once()
    {
        var replica = Replica.CreateAuthoritative(TimeProvider.System, Entropy.System);
        var record = new IssuerRecord { Issuer = "https://auth.shop.example", Own = true, Limits = new(300, 600, 0, 30),
            Types = ["at+jwt"], Algorithms = ["ES256"] };
        var entry = new LogEntry
        {
            Kind = LogEntryKind.Issuer, Position = new(1), At = 1, Issuer = record.Issuer, Match = Match.Issuer,
            Record = record.ToJson(),
        };

        replica.Append([entry], LogHead.Empty("e").Then(entry));

        replica.OwnIssuer.ShouldBe(record);
        replica.FindIssuer(record.Issuer).ShouldBe(record);
    }
}
