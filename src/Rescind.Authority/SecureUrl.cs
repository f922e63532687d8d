namespace Rescind.Authority;

/// <summary>
/// What a URL in a record may be: https, without user info and fragment. In Development http on loopback is one too. Pure.
/// </summary>
internal static class SecureUrl
{
    public const int MaxLength = 512;

    public static bool Is(string text, bool development) =>
        text.Length <= MaxLength && Uri.TryCreate(text, UriKind.Absolute, out var url) && url.UserInfo.Length == 0
        && url.Fragment.Length == 0
        && (url.Scheme == Uri.UriSchemeHttps || (development && url.Scheme == Uri.UriSchemeHttp && url.IsLoopback));
}
