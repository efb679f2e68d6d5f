/**
 * What to do about a camera, a microphone or a browser that doesn't work, for this very browser: words, and the name of
 * the picture of static/img/help.svg that shows where to press. Pure.
 *
 * @typedef {{title: string, detail: string, steps: string[], picture: ?{name: string, words: string}, outside: boolean}} Help
 *   the numbers of the steps stand in the picture; `outside`: the page is to be opened in another browser
 */

import { advisedBrowser } from "./browser.js";

const LACKING = { camera: "La caméra", microphone: "Le micro", both: "La caméra et le micro" };
const PLAIN = { steps: [], picture: null, outside: false };
const DEVICES = { camera: "la caméra", microphone: "le micro", both: "la caméra et le micro" };

/** Both lack, the camera, or the microphone: one of three forms. */
function form(lacks, { camera, microphone, both }) {
  return { camera, microphone, both }[lacks];
}

/** @returns {Help} what is wrong with camera or microphone, what it changes, and what to do */
export function problemHelp({ reason, lacks }, browser) {
  const title = {
    refused: `${LACKING[lacks]} ${form(lacks, { camera: "n’est pas autorisée", microphone: "n’est pas autorisé", both: "ne sont pas autorisés" })}.`,
    dismissed: "Le navigateur attend votre accord.",
    system: `${LACKING[lacks]} ${form(lacks, { camera: "est bloquée", microphone: "est bloqué", both: "sont bloqués" })} par les réglages de l’appareil.`,
    missing: form(lacks, { camera: "Aucune caméra trouvée.", microphone: "Aucun micro trouvé.", both: "Aucune caméra ni micro trouvés." }),
    busy: `${LACKING[lacks]} ${form(lacks, { camera: "est déjà utilisée", microphone: "est déjà utilisé", both: "sont déjà utilisés" })} par un autre logiciel.`,
    lost: `${LACKING[lacks]} ${lacks === "both" ? "ne répondent plus" : "ne répond plus"}.`,
    unknown: `${LACKING[lacks]} ${lacks === "both" ? "n’ont pas pu s’ouvrir" : "n’a pas pu s’ouvrir"}.`,
  }[reason];
  const goesOn = form(lacks, {
    camera: "La consultation a lieu avec le son seul.",
    microphone: "On vous voit, mais on ne vous entend pas.",
    both: "Vous voyez et entendez l’autre personne, mais elle ne vous voit ni ne vous entend.",
  });
  const remedy = {
    missing: "Branchez l’appareil\u00a0: il sera pris tout seul.",
    busy: "Fermez les autres logiciels de visioconférence (Teams, Zoom, WhatsApp…), puis réessayez.",
    lost: "Rebranchez l’appareil\u00a0: il sera repris tout seul.",
    unknown: "Réessayez\u00a0; si cela dure, redémarrez le navigateur.",
  }[reason];
  // Inside another application no setting helps for sure: out of it is the way.
  if (browser.inApp !== null && ["refused", "missing", "unknown"].includes(reason)) {
    return { ...inAppHelp(browser), title, detail: `${around(browser)} ${goesOn}` };
  }
  const { steps, picture } = { refused: permissionSteps, dismissed: questionSteps, system: systemSteps }[reason]?.(browser, lacks) ?? PLAIN;
  return { title, detail: remedy ? `${remedy} ${goesOn}` : goesOn, steps, picture, outside: false };
}

/** @returns {Help} why this browser can't hold the call at all: `obstacle` as call/media.js gives it */
export function obstacleHelp(obstacle, browser) {
  if (obstacle === "insecure") {
    return {
      ...PLAIN,
      title: "Cette page n’est pas sécurisée.",
      detail: "Le navigateur n’y permet ni la caméra ni le micro. Ouvrez l’adresse qui commence par https://.",
    };
  }
  if (browser.inApp !== null) return inAppHelp(browser);
  return {
    ...PLAIN,
    title: "Ce navigateur ne permet pas la téléconsultation.",
    detail: `Ouvrez ce lien dans une version récente de ${advisedBrowser(browser)}${browser.platform === "ios" ? "" : ", Firefox ou Edge"}.`,
    outside: true,
  };
}

/** @returns {Help} the page is inside another application: the way out */
export function inAppHelp(browser) {
  const advised = advisedBrowser(browser);
  const ios = browser.platform === "ios";
  return {
    title: around(browser),
    detail: `La visio n’y marche pas bien\u00a0: ouvrez-la dans ${advised}.`,
    steps: [
      ios ? "Touchez «\u00a0…\u00a0» ou l’icône de partage." : "Touchez les trois points.",
      `Touchez «\u00a0Ouvrir dans ${advised}\u00a0» ou «\u00a0Ouvrir dans le navigateur\u00a0».`,
    ],
    picture: {
      name: ios ? "in-app-ios" : "in-app-android",
      words: `Le menu de l’application, en haut à droite, et sa ligne «\u00a0Ouvrir dans ${advised}\u00a0».`,
    },
    outside: true,
  };
}

function around({ inApp }) {
  return inApp ? `Cette page est ouverte dans l’application ${inApp}.` : "Cette page est ouverte dans une autre application.";
}

const LEFT = "à gauche de l’adresse";

/** Where to allow camera and microphone in this browser. */
function permissionSteps({ family, platform, name }, lacks) {
  const devices = DEVICES[lacks];
  if (platform === "ios" && family !== "safari" && name) return settingsSteps(`Ouvrez les Réglages de l’appareil, puis «\u00a0${name}\u00a0».`, lacks, "l’appareil photo");
  switch (platform === "android" || platform === "ios" ? `${family} ${platform}` : family) {
    case "firefox":
      return {
        steps: [`Cliquez sur l’icône barrée ${LEFT}.`, "Cliquez sur la croix à côté de «\u00a0Bloqué\u00a0».", "Cliquez sur «\u00a0Réessayer\u00a0», puis répondez «\u00a0Autoriser\u00a0»."],
        picture: { name: "firefox", words: `La caméra barrée ${LEFT}, et la croix à côté de «\u00a0Bloqué\u00a0».` },
      };
    case "firefox android":
      return {
        steps: [`Touchez le bouclier ou le cadenas ${LEFT}.`, `Touchez «\u00a0Bloqué\u00a0» pour autoriser ${devices}.`],
        picture: { name: "firefox-android", words: `Le cadenas ${LEFT}, puis les lignes Caméra et Micro.` },
      };
    case "safari":
      return {
        steps: ["Ouvrez le menu «\u00a0Safari\u00a0», puis «\u00a0Réglages pour ce site web…\u00a0».", `Choisissez «\u00a0Autoriser\u00a0» pour ${devices}.`],
        picture: { name: "safari", words: "Le menu Safari, «\u00a0Réglages pour ce site web…\u00a0», puis «\u00a0Autoriser\u00a0» pour la caméra et le micro." },
      };
    case "safari ios":
      return {
        steps: [`Touchez l’icône ${LEFT} («\u00a0aA\u00a0» ou une page).`, "Touchez «\u00a0Réglages du site web\u00a0» (ou «\u00a0…\u00a0» d’abord).", `Choisissez «\u00a0Autoriser\u00a0» pour ${devices.replace("la caméra", "l’appareil photo")}.`],
        picture: { name: "safari-ios", words: `L’icône ${LEFT}, en bas de l’écran, et la ligne «\u00a0Réglages du site web\u00a0».` },
      };
    case "chrome android":
    case "edge android":
    case "samsung android":
      return {
        steps: [`Touchez l’icône ${LEFT}.`, "Touchez «\u00a0Autorisations\u00a0».", `Activez ${devices}.`],
        picture: { name: "chrome-android", words: `L’icône ${LEFT}, puis «\u00a0Autorisations\u00a0», Caméra et Micro.` },
      };
    default:
      return {
        steps: [`Cliquez sur l’icône ${LEFT}.`, `Activez ${devices}.`],
        picture: { name: "chrome", words: `L’icône ${LEFT}, et les boutons Caméra et Micro qu’elle ouvre.` },
      };
  }
}

function questionSteps() {
  return {
    steps: ["Appuyez sur «\u00a0Réessayer\u00a0».", "Répondez «\u00a0Autoriser\u00a0» à la question du navigateur."],
    picture: { name: "question", words: "La question du navigateur, et sa réponse «\u00a0Autoriser\u00a0»." },
  };
}

/** The browser was allowed, the system says no. */
function systemSteps({ platform, name }, lacks) {
  const browser = name || "le navigateur";
  const where = {
    mac: "Ouvrez «\u00a0Réglages Système\u00a0», «\u00a0Confidentialité et sécurité\u00a0», puis «\u00a0Caméra\u00a0» et «\u00a0Micro\u00a0».",
    windows: "Ouvrez «\u00a0Paramètres\u00a0», «\u00a0Confidentialité et sécurité\u00a0», puis «\u00a0Caméra\u00a0» et «\u00a0Microphone\u00a0».",
    android: `Ouvrez «\u00a0Paramètres\u00a0», «\u00a0Applications\u00a0», «\u00a0${browser}\u00a0», puis «\u00a0Autorisations\u00a0».`,
    ios: `Ouvrez les Réglages de l’appareil, puis «\u00a0${browser}\u00a0».`,
  }[platform];
  const help = settingsSteps(where ?? "Ouvrez les réglages de confidentialité de l’appareil.", lacks);
  if (platform === "mac" || platform === "windows") help.steps[1] = `Activez ${browser}.`;
  help.steps.push("Revenez ici et réessayez.");
  return help;
}

function settingsSteps(where, lacks, camera = "la caméra") {
  return {
    steps: [where, `Activez ${DEVICES[lacks].replace("la caméra", camera)}.`],
    picture: { name: "settings", words: "Dans les réglages de l’appareil, les boutons Caméra et Micro." },
  };
}
