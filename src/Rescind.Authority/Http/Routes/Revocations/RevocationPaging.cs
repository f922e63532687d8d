using Microsoft.AspNetCore.Http;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Http.Input;
using Rescind.Authority.Revocations;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Http.Routes.Revocations;

/// <summary>Which revocations a query string asks for.</summary>
internal sealed record RevocationPaging(RevocationQuery Query, LogPosition Before, int Limit)
{
    private const long DefaultLimit = 50;

    /// <summary>
    /// The parameters that name a match of more than one token; a tag is <c>name:value</c>, and its name ends at the first colon.
    /// </summary>
    public static IReadOnlyList<string> Matches { get; } =
        [.. from kind in MatchKinds.All where kind.HasValue && kind.Reach is not MatchReach.Token select kind.Word];

    public static Result<RevocationPaging> Read(HttpRequest request)
    {
        var read = StrictQuery.Read(request);
        if (!read.HasValue)
        {
            return Result<RevocationPaging>.Refused(read.Refusal);
        }

        var query = read.Value;
        var limit = DefaultLimit;
        if (StrictQuery.ReadNumber(query, "limit", (1, RevocationRules.LargestPage), ref limit) is { } refusal)
        {
            return Result<RevocationPaging>.Refused(refusal);
        }

        var before = default(LogPosition);
        if (query["cursor"] is { } cursor && !LogPosition.TryParse(cursor, out before))
        {
            return Result<RevocationPaging>.Refused(Errors.MalformedQuery.Refusal("cursor is not one that was given out."));
        }

        string[] named = [.. Matches.Where(name => query[name] is not null)];
        if (named.Length > 1)
        {
            return Result<RevocationPaging>.Refused(Errors.MalformedQuery.Refusal($"Name one of {string.Join(", ", Matches)}."));
        }

        Match? match = null;
        return named.Length == 1 && !TryMatch(MatchKinds.Find(named[0])!, query[named[0]]!, out match)
            ? Result<RevocationPaging>.Refused(Errors.MalformedQuery.Refusal($"{named[0]} is not what a revocation can name."))
            : Result<RevocationPaging>.Of(new(new(query["issuer"], match, query["actor"]), before, (int)limit));
    }

    private static bool TryMatch(MatchTraits kind, string text, out Match? match)
    {
        try
        {
            match = !kind.HasName ? Match.From(kind.Kind, null, text)
                : text.Split(':', 2) is [var name, var value] ? Match.From(kind.Kind, name, value) : null;
        }
        catch (ArgumentException)
        {
            match = null;
        }

        return match is not null;
    }
}
