const CHAIN_NAMES = new Map([
  [1, 'Ethereum'],
  [10, 'OP Mainnet'],
  [100, 'Gnosis'],
  [137, 'Polygon'],
  [8453, 'Base'],
  [42161, 'Arbitrum One'],
  [11155111, 'Sepolia'],
]);

/**
 * Follows an injected wallet (https://eips.ethereum.org/EIPS/eip-1193) and reports its account and chain now and
 * on every change. It only reads: nothing is asked of the visitor until `connect` is called.
 *
 * @param {{ request(call: { method: string }): Promise<unknown>, on?(event: string, listener: () => void): void }} provider
 * @param {(wallet: { account: string | undefined, chain: string }) => void} report
 */
export function followWallet(provider, report) {
  const read = async (accountsMethod) => {
    const accounts = await provider.request({ method: accountsMethod });
    const chainId = Number(await provider.request({ method: 'eth_chainId' }));
    const account = Array.isArray(accounts) && typeof accounts[0] === 'string' ? accounts[0] : undefined;
    report({ account, chain: CHAIN_NAMES.get(chainId) ?? `chain ${chainId}` });
  };
  const refresh = () => read('eth_accounts');
  provider.on?.('accountsChanged', refresh);
  provider.on?.('chainChanged', refresh);
  return { refresh, connect: () => read('eth_requestAccounts') };
}

/** `0x1234…abcd`, enough to recognise an account. @param {string} account */
export function shortenAccount(account) {
  return `${account.slice(0, 6)}…${account.slice(-4)}`;
}
