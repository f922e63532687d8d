using Rescind.Authority.Feeding;
using Rescind.Authority.Revocations;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Tests.Revocations;

public sealed class RevocationWarningsTests
{
    [Theory]
    [InlineData(1, "orders/1.")]
    [InlineData(10, "orders/10.")]
    [InlineData(5000, "orders/10 and 4990 more.")]
    public void Few_verifiers_that_are_behind_are_named_and_of_many_the_rest_is_counted(int behind, string end)
    {
        var act = new Revocation
        {
            Position = new(1_000_000), At = 1, Issuer = "https://auth.example.com", Match = Match.Session("s"),
            Effect = Effect.End, Second = 1, Reason = "test", Actor = "client:test", RememberUntil = 2,
        };

        var warnings = RevocationWarnings.Of(
            act, new(RevokeResult.Previewed, act, 1, Known: true), own: true,
            new(behind, 0, TimeSpan.Zero, [.. Enumerable.Range(1, behind).Take(100).Select(i => $"orders/{i}")], default));

        var warning = warnings.ShouldHaveSingleItem();
        warning.Code.ShouldBe("RSC2103");
        warning.Message.ShouldContain(end);
        warning.Message.Length.ShouldBeLessThan(400);
    }
}
