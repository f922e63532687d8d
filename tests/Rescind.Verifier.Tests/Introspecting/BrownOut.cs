using System.Net;
using Microsoft.AspNetCore.Http;
using Rescind.Verifier.Introspecting;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Introspecting;

/// <summary>An Authority that hangs is not run over by those who ask it.</summary>
public sealed class BrownOut
{
    private const int Requests = 1000;
    private const int Tokens = 64;

    [Fact]
    public async Task A_thousand_requests_over_64_tokens_ask_it_a_few_times_get_503_and_recover_by_themselves()
    {
        await using var asking = await AskingApi.StartAsync(StaleAction.Introspect);
        var tokens = Enumerable.Range(0, Tokens).Select(i => asking.Log.Mint(new { jti = $"token-{i}" })).ToList();
        await asking.BecomeStaleAsync();
        asking.Authority.InsteadOfIntrospection = static context => Task.Delay(Timeout.Infinite, context.RequestAborted);

        var answers = await Task.WhenAll(Enumerable.Range(0, Requests).Select(i => asking.StatusAsync(tokens[i % Tokens])));
        var asked = asking.Authority.Questions.Count;
        asking.Authority.InsteadOfIntrospection = null;

        answers.ShouldAllBe(status => status == HttpStatusCode.ServiceUnavailable);

        // The first of them fill every place; when these have waited in vain, only a try now and then follows.
        asked.ShouldBeInRange(1, IntrospectionClient.MaxConcurrent * 2);
        await Eventually.Async(async () => await asking.StatusAsync(tokens[0]) is HttpStatusCode.OK);
        (await asking.StatusAsync(tokens[1])).ShouldBe(HttpStatusCode.OK);
    }
}
