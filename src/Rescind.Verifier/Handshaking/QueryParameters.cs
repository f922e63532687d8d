using Microsoft.AspNetCore.Http;

namespace Rescind.Verifier.Handshaking;

/// <summary>Takes parameters out of a request's query, for all who read it from then on.</summary>
internal static class QueryParameters
{
    /// <summary>The parameter's value, which is then no longer there; null if it was not.</summary>
    public static string? TakeOut(HttpRequest request, string name)
    {
        if (!request.Query.TryGetValue(name, out var value))
        {
            return null;
        }

        request.QueryString = QueryString.Create(
            request.Query.Where(parameter => !parameter.Key.Equals(name, StringComparison.OrdinalIgnoreCase)));
        return value.ToString();
    }
}
