namespace Rescind.Authority.Stores;

/// <summary>The newest <c>end</c> by one actor on exactly one match that was not taken back and spares no session; null if there is none.</summary>
internal sealed record NewestOwnEnd(string Issuer, Match Match, string Actor) : Want<Revocation?>;
