namespace Rescind.Authority.Tests.Support;

/// <summary>A page of the Authority's own origin: it says so as a browser does, and keeps the cookie that it is given.</summary>
internal sealed class Page(AuthorityHost host, string? refreshToken = null)
{
    /// <summary>The name of the cookie in Development.</summary>
    public const string CookieName = "rescind";

    /// <summary>Name and value, as they are sent; null if there is none.</summary>
    public string? Cookie { get; set; } = refreshToken is null ? null : $"{CookieName}={refreshToken}";

    public string? RefreshToken => Cookie?[(CookieName.Length + 1)..];

    public Task<Answer> RefreshAsync() => PostAsync("/browser/refresh");

    public Task<Answer> LogOutAsync() => PostAsync("/browser/logout");

    public Task<Answer> PostAsync(string path) => PostAsync(path, ("Sec-Fetch-Site", "same-origin"));

    /// <summary>Posts with these headers instead of those of a page of the same origin.</summary>
    public async Task<Answer> PostAsync(string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path);
        foreach (var (name, value) in headers.Append((Name: "Cookie", Value: Cookie ?? ""))
            .Where(header => header.Value.Length > 0))
        {
            request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
        }

        var answer = await host.SendAsync(request);
        Cookie = SetCookieOf(answer) is { } set ? set.Split(';')[0] : Cookie;
        return answer;
    }

    /// <summary>The one <c>Set-Cookie</c> of an answer; null if it has none.</summary>
    public static string? SetCookieOf(Answer answer) =>
        answer.Response.Headers.TryGetValues("Set-Cookie", out var values) ? values.ShouldHaveSingleItem() : null;
}
