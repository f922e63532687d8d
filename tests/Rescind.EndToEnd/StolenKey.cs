using System.Buffers.Text;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Rescind.Authority.Keys;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;

namespace Rescind.EndToEnd;

/// <summary>
/// Somebody has a copy of the data, and with it the signing key: whatever they write, it is worth nothing once the key
/// is revoked.
/// </summary>
[Collection(Child.OneSystemAtATime)]
public sealed class StolenKey
{
    [Fact]
    public async Task What_a_revoked_key_signed_is_refused_whatever_its_header_says_on_the_first_request_after_the_receipt()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        using var client = await authority.ConnectAsync();
        await using var orders = await OrdersProcess.StartAsync(authority, client);

        for (var round = 0; round < Counts.Of(20); round++)
        {
            var session = await client.StartSessionAsync("alice");
            var (stolen, next) = await StealAsync(authority.Data);
            (await orders.StatusAsync(Forge(stolen, session, stolen.Id))).ShouldBe(HttpStatusCode.OK);

            var receipt = (await client.RevokeAsync("key", stolen.Id, waitSeconds: 2, confirm: 1_000))["in_force"]!;

            ((int)receipt["applied"]!).ShouldBe(1);
            foreach (var kid in new[] { stolen.Id, next.Id, "", null })
            {
                (await orders.StatusAsync(Forge(stolen, session, kid)))
                    .ShouldBe(HttpStatusCode.Unauthorized, $"kid {kid ?? "left out"}");
            }

            (await orders.StatusAsync(session.AccessToken)).ShouldBe(HttpStatusCode.Unauthorized);
            await client.LogInAsync();
            (await orders.StatusAsync((await client.StartSessionAsync("bob")).AccessToken)).ShouldBe(HttpStatusCode.OK);
        }
    }

    // A backup is enough, if the master key lies beside it.
    private static async Task<(SigningKey Active, SigningKey Next)> StealAsync(string data)
    {
        var copy = Places.NewFolder();
        await using (var copying = Child.Start("cp", ["-a", data + "/.", copy]))
        {
            (await copying.EndAsync()).ShouldBe(0, copying.Output);
        }

        var master = new MasterKeySource(null, null, copy, Entropy.System).Load(mayCreate: false);
        await using var store = SqliteStore.OpenRecorded(copy, TimeProvider.System, Entropy.System);
        var rows = (await store.Registry.LoadAsync(CancellationToken.None)).Keys;
        Directory.Delete(copy, recursive: true);
        return (Open(KeyState.Active), Open(KeyState.Next));

        SigningKey Open(KeyState state) => SigningKey.Open(rows.Single(row => row.State == state), master);
    }

    // All that is good in the token of a session, for longer, and as new as can be.
    private static string Forge(SigningKey key, StartedSession session, string? kid)
    {
        var header = new JsonObject { ["typ"] = "at+jwt", ["alg"] = "ES256" };
        if (kid is not null)
        {
            header["kid"] = kid;
        }

        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(session.AccessToken.Split('.')[1]))!;
        claims["jti"] = Entropy.System.NextId();
        claims["lpos"] = LogPosition.MaxValue;
        var input = $"{Encode(header)}.{Encode(claims)}";
        return $"{input}.{Base64Url.EncodeToString(key.Sign(Encoding.ASCII.GetBytes(input)))}";

        static string Encode(JsonNode part) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part.ToJsonString()));
    }
}
