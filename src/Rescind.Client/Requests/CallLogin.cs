using Rescind.Client.Refreshing;

namespace Rescind.Client.Requests;

/// <summary>The login that a call was made in: nobody else's tokens are sent with it.</summary>
/// <param name="Session">By reference; another process may store the tokens of another login, which it takes over.</param>
/// <param name="LoginId">Which login its tokens came from then.</param>
internal sealed record CallLogin(LiveSession Session, string LoginId);
