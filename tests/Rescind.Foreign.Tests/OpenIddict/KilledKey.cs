using System.Net;
using Rescind.Foreign.Tests.Support;

namespace Rescind.Foreign.Tests.OpenIddict;

/// <summary>The key that the issuer signs with, killed by the name that its tokens carry.</summary>
public sealed class KilledKey(ForeignWorld world) : IClassFixture<ForeignWorld>
{
    [Fact]
    public async Task Whatever_it_signed_and_whatever_it_signs_is_refused()
    {
        await world.RegisterAsync();
        var before = await world.Issuer.LogInAsync("alice");
        (await world.StatusAsync(before)).ShouldBe(HttpStatusCode.OK);

        var killed = (string)before.Header["kid"]!;
        (await world.RevokeAsync(new { key = killed }, new() { ["confirm"] = killed })).Status.ShouldBe(HttpStatusCode.Created);

        (await world.StatusAsync(before)).ShouldBe(HttpStatusCode.Unauthorized);
        (await world.StatusAsync(await world.Issuer.LogInAsync("bob"))).ShouldBe(HttpStatusCode.Unauthorized);

        var answer = await world.RevokeAsync(new { token = before.Access });
        (answer.Status, answer["code"])
            .ShouldBe((HttpStatusCode.BadRequest, "RSC2004"), "What it signed is nobody's word at the Authority either.");
    }
}
