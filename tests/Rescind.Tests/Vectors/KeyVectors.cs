using System.Text;

namespace Rescind.Tests.Vectors;

public sealed class KeyVectors
{
    public static TheoryData<string> Names { get; } = [.. VectorFile.Cases("keys.json").Select(one => one.Text("name")!)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_key_set_verifies_what_the_vectors_say(string name)
    {
        var one = VectorFile.Cases("keys.json").Single(candidate => candidate.Text("name") == name);
        var (jwks, token) = (Encoding.UTF8.GetBytes(one.Text("jwks")!), one.Text("token")!);
        if (one.GetProperty("verifies").ValueKind is System.Text.Json.JsonValueKind.Null)
        {
            Should.Throw<FormatException>(() => PublicKeySet.Read(jwks));
            return;
        }

        CompactJws.TryRead(token, out var jws, out _).ShouldBeTrue();
        var verifies = PublicKeySet.Read(jwks).Find(jws!.KeyId) is { } key && key.Verifies(token, jws);

        verifies.ShouldBe(one.GetProperty("verifies").GetBoolean());
    }

    [Fact]
    public void A_key_is_the_same_after_it_was_written()
    {
        foreach (var one in VectorFile.Cases("keys.json")
            .Where(one => one.GetProperty("verifies").ValueKind is System.Text.Json.JsonValueKind.True))
        {
            var key = PublicKeySet.Read(Encoding.UTF8.GetBytes(one.Text("jwks")!)).Find("k-1")!;

            PublicKey.TryRead(Encoding.UTF8.GetBytes(key.ToJson()), out var again).ShouldBeTrue();

            (again!.KeyId, again.Algorithm, again.Thumbprint).ShouldBe((key.KeyId, key.Algorithm, key.Thumbprint));
        }
    }

    [Fact]
    public void A_key_set_is_read_up_to_its_longest()
    {
        static byte[] OfLength(int length) => Encoding.UTF8.GetBytes("{\"keys\":[" + new string(' ', length - 11) + "]}");

        PublicKeySet.Read(OfLength(PublicKeySet.MaxBytes)).Keys.ShouldBeEmpty();
        Should.Throw<FormatException>(() => PublicKeySet.Read(OfLength(PublicKeySet.MaxBytes + 1)));
    }
}
