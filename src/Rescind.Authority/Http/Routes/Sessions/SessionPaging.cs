using Microsoft.AspNetCore.Http;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Http.Input;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Http.Routes.Sessions;

/// <summary>Lists of sessions, newest first, in pages.</summary>
internal static class SessionPaging
{
    /// <summary>The most sessions of one page.</summary>
    public const int MaxLimit = 200;

    private const int DefaultLimit = 50;

    /// <summary>
    /// What the query string asks for; for a person's own list <paramref name="owner"/> takes the place of <c>subject</c>.
    /// </summary>
    public static Result<SessionQuery> Read(HttpRequest request, string? owner = null)
    {
        var read = StrictQuery.Read(request);
        if (!read.HasValue)
        {
            return Result<SessionQuery>.Refused(read.Refusal);
        }

        var query = read.Value;
        long limit = DefaultLimit;
        if (StrictQuery.ReadNumber(query, "limit", (1, MaxLimit), ref limit) is { } refusal)
        {
            return Result<SessionQuery>.Refused(refusal);
        }

        if (query["cursor"] is { } cursor && !LogPosition.TryParse(cursor, out _))
        {
            return Result<SessionQuery>.Refused(Errors.MalformedQuery.Refusal("cursor is not the next of an answer."));
        }

        SessionState? state = query["state"] switch
        {
            null => owner is null ? null : SessionState.Active,
            "active" => SessionState.Active,
            "ended" => SessionState.Ended,
            "blocked" => SessionState.Blocked,
            "expired" => SessionState.Expired,
            _ => SessionState.None,
        };
        return state is SessionState.None
            ? Result<SessionQuery>.Refused(Errors.MalformedQuery.Refusal("state is none of active, ended, blocked, expired."))
            : Result<SessionQuery>.Of(new(owner ?? query["subject"], state, (int)limit, query["cursor"]));
    }

    /// <summary>The page, with the caller's <paramref name="current"/> session marked if that is given.</summary>
    public static IResult Answer(SessionPage page, long now, string? current = null) => new JsonAnswer<SessionListBody>(
        new([.. page.Sessions.Select(session => SessionBody.Of(session, now, current))], page.Next),
        AuthorityJson.Default.SessionListBody);
}
