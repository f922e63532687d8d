using Rescind.Authority.Stores;

namespace Rescind.Authority.Clients;

/// <summary>What a client's record allows.</summary>
internal static class ClientRights
{
    extension(ClientRecord client)
    {
        /// <summary>
        /// Whether it holds <paramref name="scope"/> now; <c>admin</c> holds each of ours, and none that is not.
        /// </summary>
        public bool Grants(string scope) => client.Scopes.Contains(scope, StringComparer.Ordinal)
            || (client.Scopes.Contains(ScopeNames.Admin, StringComparer.Ordinal)
                && ScopeNames.All.Contains(scope, StringComparer.Ordinal));

        /// <summary>
        /// Whether it may start sessions for the client <paramref name="clientId"/>: itself, and those that its record lists.
        /// </summary>
        public bool MayStartFor(string clientId) =>
            client.ClientId == clientId || client.Clients.Contains(clientId, StringComparer.Ordinal);
    }
}
