namespace Rescind.Cli.Http;

/// <summary>The list of verifiers, which comes in pages.</summary>
internal static class VerifierPages
{
    /// <summary>All pages as one answer: whoever says that all have a revocation must have seen all.</summary>
    public static async Task<JsonObject> ReadVerifiersAsync(this AuthorityClient authority)
    {
        var answer = await authority.GetAsync("v1/verifiers");
        for (var next = answer["next"].AsText(); next is not null;)
        {
            var page = await authority.GetAsync($"v1/verifiers?cursor={Uri.EscapeDataString(next)}");
            var all = answer.Items("verifiers").Concat(page.Items("verifiers"));
            answer["verifiers"] = new JsonArray([.. all.Select(static verifier => verifier.DeepClone())]);
            next = page["next"].AsText();
        }

        answer.Remove("next");
        return answer;
    }
}
